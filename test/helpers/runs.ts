/**
How often something random runs, or on what: a little in `npm test`, all in `npm run test:long`, which CI runs by night.

Both counts stand where the test is, so that nobody has to guess how much a short run leaves out.
*/
export const runs = <Value>(short: Value, long: Value): Value => (process.env['TEST_LONG'] ? long : short);
