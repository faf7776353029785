// A list of named cases, run one after another or some at a time; the last line printed is "N passed, N failed".

const cases = [];

// A case that takes longer than others says so, and so does one that measures time and has to be `alone`.
export function test(name, body, { limitMs, alone = false } = {}) {
  cases.push({ name, body, limitMs, alone });
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

// Whether the case passed.
async function run({ name, body }, limitMs) {
  const started = Date.now();
  try {
    await withLimit(body(), limitMs);
    console.log(`ok      ${name} (${Date.now() - started} ms)`);
    return true;
  } catch (error) {
    console.log(`FAILED  ${name}: ${error.message}`);
    return false;
  }
}

// `jobs` cases at a time; those that have to be alone come last. `limitMs` is for cases that name no other.
export async function runAll(filter, { jobs = 1, limitMs = 60_000 } = {}) {
  const chosen = cases.filter(({ name }) => !filter || name.includes(filter));
  const left = chosen.filter(({ alone }) => jobs === 1 || !alone);
  const outcomes = [];
  const begin = async (one) => outcomes.push(await run(one, one.limitMs ?? limitMs));
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await begin(next);
  };
  await Promise.all(Array.from({ length: jobs }, work));
  if (jobs > 1) for (const one of chosen.filter(({ alone }) => alone)) await begin(one);
  const failed = outcomes.filter((passed) => !passed).length;
  console.log(`${outcomes.length - failed} passed, ${failed} failed`);
  return failed === 0;
}
