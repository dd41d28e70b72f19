import { readFileSync } from 'node:fs';
import { EXIT, RidgeError } from '../errors.ts';

/** What this host allows one process; null where only other systems than Linux know. */
export interface SocketLimits {
  readonly openFiles: number | null;
  /** First and last local port. */
  readonly ports: readonly [number, number] | null;
}

/** Files that a process has open besides the sockets of its load. */
const OTHER_FILES = 64;

// Read while a file can still be opened.
const HOST: SocketLimits = readLimits();

/**
 * Holds a load to what the host can open, before it starts.
 * @throws RidgeError (exit 3) when there are fewer files or local ports than connections
 */
export function requireSockets(connections: number, limits: SocketLimits = HOST): void {
  const { openFiles, ports } = limits;
  if (openFiles !== null && openFiles < connections + OTHER_FILES) {
    throw new RidgeError(
      `${connections} connections are more than this process may open (${openFiles} files)`,
      {
        exitCode: EXIT.failed,
        mend: `Raise the limit on the client's host: ulimit -n ${connections + OTHER_FILES}, or more.`,
      },
    );
  }
  if (ports !== null && ports[1] - ports[0] + 1 < connections) {
    throw new RidgeError(
      `${connections} connections are more than there are local ports (${ports.join(' to ')})`,
      {
        exitCode: EXIT.failed,
        mend: "Widen net.ipv4.ip_local_port_range on the client's host.",
      },
    );
  }
}

/**
 * What is wrong with this host when it has no socket left, and how to mend it; null for every other error.
 * @param code an error code of the system
 */
export function limitAdvice(code: string, { openFiles, ports }: SocketLimits = HOST): string | null {
  switch (code) {
    case 'EMFILE':
      return `this process may open ${openFiles ?? 'no more'} files: raise the limit (ulimit -n) above the concurrency`;
    case 'ENFILE':
      return 'the system has no file left to open: raise fs.file-max above the concurrency';
    case 'EADDRNOTAVAIL':
      return `no local port is left for another connection to this server: widen net.ipv4.ip_local_port_range (now ${ports?.join(' to ') ?? 'unknown'}), or use a smaller concurrency`;
    default:
      return null;
  }
}

function readLimits(): SocketLimits {
  const files = /^Max open files +(\d+)/m.exec(read('/proc/self/limits'))?.[1];
  const ports = /(\d+)\s+(\d+)/.exec(read('/proc/sys/net/ipv4/ip_local_port_range'));
  return {
    openFiles: files === undefined ? null : Number(files),
    ports: ports && [Number(ports[1]), Number(ports[2])],
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Only Linux has it.
    return '';
  }
}
