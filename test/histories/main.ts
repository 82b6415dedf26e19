/** `npm run histories`: see CONTRIBUTING.md. */
import {parseArgs} from 'node:util';
import type {ExecutionContext} from 'ava';
import {seededRandom} from '../helpers/order/scheduler.ts';
import {storesUnderTest} from '../helpers/stores/stores.ts';
import {type Finding, runAgain, runHistories} from './batch.ts';
import {Rig, skews} from './rig.ts';
import {describeScript, type Script} from './script.ts';
import {ServerProcess} from './server-process.ts';
import {shrink} from './shrink.ts';

const {values, positionals} = parseArgs({
	allowPositionals: true,
	options: {histories: {type: 'string', default: '500'}, seed: {type: 'string', default: '1'}},
});

/** How often a smaller script gets to break a promise again. */
const timesToShrink = 30;

/** So many, then a line. */
const step = 250;

const count = Number(values.histories);
const names = positionals.length > 0 ? positionals : storesUnderTest.map(({name}) => name);
const ends: (() => unknown)[] = [];

/** As much of a test as a store needs to be opened and removed again. */
const place = {teardown: (end: () => unknown) => ends.push(end)} as unknown as ExecutionContext;

const tell = ({script, history, violations}: Finding): void => {
	console.log(`\n${describeScript(script)}`);
	for (const {promise, what} of violations) console.log(`✗ ${promise}: ${what}`);
	for (const entry of history.entries) console.log(JSON.stringify(entry));
};

/** Runs histories on one store. A violation is shown as it was found, then as the smallest script that shows it. */
const runOn = async (name: string): Promise<boolean> => {
	const store = storesUnderTest.find(other => other.name === name);
	if (!store)
		throw new TypeError(`Expected one of ${storesUnderTest.map(other => other.name).join(', ')}, got ${name}`);

	const random = seededRandom(Number(values.seed));
	const servers = skews.map(skew => new ServerProcess(skew));
	ends.push(...servers.map(server => () => server.end()));
	const rig = new Rig(servers, (await store.url?.(place)) ?? 'memory:', seededRandom(Number(values.seed) + 1), {
		mayKill: true,
	});
	await rig.open();
	let isKept = true;
	for (let done = 0; done < count && isKept; done += step) {
		const found = await runHistories(rig, random, Math.min(step, count - done));
		console.log(`${name}: ${found ? done + found.after : Math.min(done + step, count)} histories kept all promises`);
		if (!found) continue;
		isKept = false;
		tell(found);
		const isBroken = async (script: Script) => (await runAgain(rig, script, timesToShrink)) !== undefined;
		const again = await runAgain(rig, await shrink(found.script, isBroken), timesToShrink);
		if (again) tell(again);
	}
	rig.close();
	console.log(`${name}: injected`, rig.injected);
	return isKept;
};

let isKept = true;
try {
	for (const name of names) isKept = (await runOn(name)) && isKept;
} finally {
	for (const end of ends.toReversed()) await end();
}
process.exit(isKept ? 0 : 1);
