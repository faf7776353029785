// y-websocket 1.5 publishes ES modules without saying so in its package.json. Bundlers do not mind, and
// newer Nodes find out by reading; Node 18 has to be told.

export async function load(url, context, next) {
  const untold = /\/node_modules\/y-websocket-1\/src\/[^/]+\.js$/.test(url);
  return next(url, untold ? { ...context, format: 'module' } : context);
}
