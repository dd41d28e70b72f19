import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const READ_BYTES = 256 * 1024;
/** Every read of every socket of this thread goes through this memory; what is kept has to be copied out at once. */
const readBuffer = Buffer.alloc(READ_BYTES);

/** What a socket is opened with. */
export interface SocketEvents {
  /** Data came; `full`: as much as fits, so more may be waiting. The bytes are gone when this returns. */
  read(bytes: Buffer, length: number, full: boolean): void;
  /** Requests can be written now. */
  ready(): void;
}

/** Opens a connection to an `http:` or `https:` origin. */
export function openSocket({ protocol, hostname, port }: URL, events: SocketEvents): Socket {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'https:') {
    const socket = connectTls({ host, port: Number(port || 443), servername: host });
    socket.on('data', (bytes: Buffer) => events.read(bytes, bytes.length, false));
    return socket.once('secureConnect', () => events.ready());
  }
  const callback = (length: number, bytes: Uint8Array): boolean => {
    events.read(bytes as Buffer, length, length === READ_BYTES);
    return true;
  };
  const socket = connectTcp({ host, port: Number(port || 80), onread: { buffer: readBuffer, callback } });
  return socket.once('connect', () => events.ready());
}
