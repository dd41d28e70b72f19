const KEPT = 200;
const LONGEST = 240;
/** vLLM's last error often only points at an earlier one. */
const POINTS_ELSEWHERE =
  /see root cause above|see the .*(stack trace|traceback) above|engine core initialization failed/i;
const AN_ERROR =
  /^[\w.]*(Error|Exception|Interrupt)\b|\b(error|fatal|panic)\b|out of memory|address already in use/i;

/** What programs say of a command line or a file that they cannot use; advice may follow it. */
const A_REFUSAL =
  /\b(unknown|unrecognized|invalid|cannot|could not|unable|no such|not found|denied|refused|failed)\b/i;

/** Keeps the end of a log for the line that tells why a server ended. */
export class LastWords {
  readonly #lines: string[] = [];

  read(line: string): void {
    const plain = withoutPrefix(line);
    if (plain === '') return;
    this.#lines.push(plain);
    if (this.#lines.length > KEPT) this.#lines.shift();
  }

  /** The last line that names an error, else one that refuses something, else the last; null when nothing was said. */
  get line(): string | null {
    const telling = this.#lines.findLast((line) => AN_ERROR.test(line) && !POINTS_ELSEWHERE.test(line));
    return telling ?? this.#lines.findLast((line) => A_REFUSAL.test(line)) ?? this.last;
  }

  /** The last line, whatever it says. */
  get last(): string | null {
    return this.#lines.at(-1) ?? null;
  }
}

/** Without `(EngineCore pid=7) ERROR 11-26 21:46:40 [core.py:133]` and colours before the words. */
function withoutPrefix(line: string): string {
  const plain = line
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of terminals
    .replaceAll(/\u001b\[[0-9;]*m/g, '')
    .replace(/^\([^)]*pid=\d+\)\s*/, '')
    .replace(/^(DEBUG|INFO|WARNING|ERROR|CRITICAL)\s+[\d-]+ [\d:.,]+ \[[^\]]*\]\s*/, '')
    .trim();
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST - 3)}...` : plain;
}
