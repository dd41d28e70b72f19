/** Prints what was checked, with its figures, and keeps the count for the closing line and the exit code. */
export class Checks {
  private passed = 0;
  private failed = 0;
  private skipped = 0;

  /** One promise, held or not, with the figures that show it. */
  check(name: string, holds: boolean, figures: string): void {
    if (holds) this.passed += 1;
    else this.failed += 1;
    console.log(`${holds ? 'ok  ' : 'FAIL'} ${name}: ${figures}`);
  }

  /** How long a part took, for whoever plans the next run; nothing is held to it. */
  took(name: string, began: number): void {
    this.check(`${name}: took`, true, `${((performance.now() - began) / 1000).toFixed(0)} s`);
  }

  get allPassed(): boolean {
    return this.failed === 0;
  }

  skip(reason: string): void {
    this.skipped += 1;
    console.log(`skipped: ${reason}`);
  }

  /** Prints the closing line. @returns the exit code */
  close(): number {
    console.log(`${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`);
    return this.failed === 0 ? 0 : 1;
  }
}
