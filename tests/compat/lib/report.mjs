// Counts and prints what passed and what failed.

export class Report {
  passed = 0;
  failed = 0;

  // Runs one test; its failure is printed, counted and goes no further.
  async test(name, run) {
    const started = Date.now();
    try {
      const note = await run();
      this.passed += 1;
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      console.log(`ok      ${name} (${seconds} s)${note ? `: ${note}` : ''}`);
    } catch (error) {
      this.failed += 1;
      console.log(`FAILED  ${name}\n${indent(error.stack ?? String(error))}`);
    }
  }

  // Runs a group of tests. It counts only if it fails outside of them.
  async part(name, run) {
    const started = Date.now();
    try {
      await run();
    } catch (error) {
      this.failed += 1;
      console.log(`FAILED  ${name}\n${indent(error.stack ?? String(error))}`);
    }
    console.log(`-- ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }

  // Prints the closing line; returns the exit code.
  close() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}

function indent(text) {
  return text.replace(/^/gm, '        ');
}
