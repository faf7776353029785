// Makes a failing list smaller while it still fails.

// Drops runs of elements, long ones first. `fails(list)` resolves to whether the list still fails.
export async function shrink(list, fails, { runsMax = 600, millisecondsMax = 20_000 } = {}) {
  const deadline = Date.now() + millisecondsMax;
  let runs = 0;
  let smallest = list;
  for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let dropped = true; dropped;) {
      dropped = false;
      for (let at = smallest.length - size; at >= 0; at -= size) {
        if (++runs > runsMax || Date.now() > deadline) return smallest;
        const candidate = [...smallest.slice(0, at), ...smallest.slice(at + size)];
        if (await fails(candidate)) {
          smallest = candidate;
          dropped = true;
        }
      }
      if (size > 1) break;
    }
  }
  return smallest;
}
