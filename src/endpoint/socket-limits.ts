import { readFileSync } from 'node:fs';

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Only Linux says.
    return '';
  }
};

// Read while a file can still be opened.
const OPEN_FILES = /^Max open files +(\d+)/m.exec(read('/proc/self/limits'))?.[1];

/**
 * What is wrong with this host when it has no socket left, and how to mend it; null for every other error.
 * @param code an error code of the system
 */
export function limitAdvice(code: string): string | null {
  switch (code) {
    case 'EMFILE':
      return `this process may open ${OPEN_FILES ?? 'no more'} files: raise the limit (ulimit -n) above the concurrency`;
    case 'ENFILE':
      return 'the system has no file left to open: raise fs.file-max above the concurrency';
    case 'EADDRNOTAVAIL':
      return `no local port is left for another connection to this server: widen net.ipv4.ip_local_port_range (now ${portRange() ?? 'unknown'}), or use a smaller concurrency`;
    default:
      return null;
  }
}

const portRange = (): string | undefined =>
  /(\d+)\s+(\d+)/.exec(read('/proc/sys/net/ipv4/ip_local_port_range'))?.slice(1, 3).join(' to ');
