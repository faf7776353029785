// A list of named cases, run one after another; the last line printed is "N passed, N failed".

const cases = [];
const caseLimitMs = 60_000;

// A case that takes longer than others says so.
export function test(name, body, { limitMs = caseLimitMs } = {}) {
  cases.push({ name, body, limitMs });
}

export function check(condition, message) {
  if (!condition) throw new Error(message);
}

export function checkEqual(actual, expected, what) {
  const a = JSON.stringify(actual);
  const b = JSON.stringify(expected);
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}

export function checkMatch(text, pattern, what) {
  if (!pattern.test(text)) throw new Error(`${what}: ${JSON.stringify(text)} does not match ${pattern}`);
}

function withLimit(promise, limitMs) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limitMs} ms`)), limitMs);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

export async function runAll(filter) {
  let passed = 0;
  let failed = 0;
  for (const { name, body, limitMs } of cases) {
    if (filter && !name.includes(filter)) continue;
    const started = Date.now();
    try {
      await withLimit(body(), limitMs);
      passed += 1;
      console.log(`ok      ${name} (${Date.now() - started} ms)`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}: ${error.message}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}
