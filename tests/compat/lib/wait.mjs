// Waiting for something to become true, which is never a fixed sleep.

export function sleep(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

// Resolves to the first truthy result of `condition`, which may be async. `what` may be a function that
// describes what was seen instead.
export async function until(what, condition, { seconds = 20, everyMs = 15 } = {}) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > deadline) {
      throw new Error(`not within ${seconds} s: ${typeof what === 'function' ? what() : what}`);
    }
    await sleep(everyMs);
  }
}

// Resolves to the arguments of the next such event.
export function once(emitter, event, { seconds = 20 } = {}) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no '${event}' within ${seconds} s`)), seconds * 1000);
    emitter.once(event, (...values) => {
      clearTimeout(timer);
      resolve(values);
    });
  });
}
