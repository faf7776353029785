// Waiting for what becomes true, and never for time to pass.

import net from "node:net";

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The first truthy value of `condition`, which may be async. `what` may be a function that says what was
// seen instead.
export async function until(condition, what, { limitMs = 30_000, everyMs = 15 } = {}) {
  const end = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) {
      throw new Error(`waited ${limitMs} ms in vain: ${typeof what === "function" ? await what() : what}`);
    }
    await sleep(everyMs);
  }
}

// The answer to a GET, or null if there was none within `limitMs`.
export async function get(url, { limitMs = 2000, ...options } = {}) {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(limitMs), ...options });
  } catch {
    return null;
  }
}

// Whether somebody listens at the address of a URL on this machine.
export function listens(url) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = net.connect({ host: hostname, port: Number(port) });
    const end = (listening) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

// Whether GET answers with 200.
export async function answers(url) {
  const response = await get(url);
  await response?.arrayBuffer().catch(() => {});
  return response?.status === 200;
}
