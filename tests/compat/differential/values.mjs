// Random values of every kind that Yjs documents can hold.

export const words = [
  'a', 'b', 'xy', 'hello', ' ', '\n', 'tab\t', 'ü', 'Straße', '日本', '😀', 'a😀b', '👩‍👩‍👧', '\u0000',
  '"quoted"', '\\', '<b>&', '\u2028', '\u{10ffff}', 'ﬁ', '', 'é', '%20', 'long '.repeat(20),
];

export const keys = ['k', 'key', '1', '0', '10', 'ü', '😀', '', '__proto', 'b', 'length'];

export const formats = [
  { bold: true }, { bold: null }, { italic: true }, { italic: null }, { color: 'red' },
  { color: '#00f' }, { color: null }, { bold: true, color: 'red' }, { link: { href: 'x' } },
  { link: { href: 'y' } }, { link: null }, { comment: 7 }, { bold: false },
];

export function word(random, list = words) {
  return random.pick(list);
}

export function nonEmptyWord(random, list = words) {
  return word(random, list) || 'w';
}

const numbers = [
  0, 1, -1, 63, 64, -64, 127, 128, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1), -0,
  0.5, -0.25, 0.1, 1e21, 1e-7, 1.7976931348623157e308, 5e-324, 3.4028234663852886e38, 123456.789,
  2 ** 53, 2 ** 60, NaN, Infinity, -Infinity, 100, 1e100, 1 / 3,
];

const bigints = [0n, 1n, -1n, 2n ** 62n, -(2n ** 63n), 2n ** 63n - 1n, 9007199254740993n];

// A value of lib0's `any`. `depth` bounds how deep it nests.
export function any(random, depth = 2) {
  const kinds = [
    [3, 'word'], [3, 'number'], [1, 'true'], [1, 'false'], [1, 'null'], [1, 'undefined'], [1, 'bytes'],
    [1, 'bigint'],
  ];
  if (depth > 0) kinds.push([2, 'array'], [2, 'object']);
  switch (random.weighted(kinds)) {
    case 'word': return word(random);
    case 'number': return random.pick(numbers);
    case 'true': return true;
    case 'false': return false;
    case 'null': return null;
    case 'undefined': return undefined;
    case 'bytes': return random.bytes(random.below(4));
    case 'bigint': return random.pick(bigints);
    case 'array': return Array.from({ length: random.below(4) }, () => any(random, depth - 1));
    default: return object(random, depth - 1);
  }
}

function object(random, depth) {
  const value = {};
  for (let i = random.below(4); i > 0; --i) value[random.pick(keys)] = any(random, depth);
  return value;
}

// A value that survives JSON.
export function json(random, depth = 2) {
  switch (random.below(depth > 0 ? 7 : 5)) {
    case 0: return word(random);
    case 1: return random.pick(numbers.filter((n) => Number.isFinite(n) && !Object.is(n, -0)));
    case 2: return true;
    case 3: return null;
    case 4: return random.between(-5, 5);
    case 5: return Array.from({ length: random.below(3) }, () => json(random, depth - 1));
    default: {
      const value = {};
      for (let i = random.below(3); i > 0; --i) value[random.pick(keys)] = json(random, depth - 1);
      return value;
    }
  }
}
