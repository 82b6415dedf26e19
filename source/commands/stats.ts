import {codecOption, loadCodec} from './codec-option.ts';
import type {Command} from './command.ts';
import {progressOn, silent} from './migration/progress.ts';
import {prefixHint, prefixOf, prefixOption} from './prefix-option.ts';
import {count, duration, rows} from './printable.ts';
import {aboutStores, storeOption, withStore} from './store-option.ts';
import {walk} from './walk.ts';

/** Says how many sessions there are, and what they are like. */
export const stats: Command = {
	summary: 'Count all live sessions: with a subject or without, their sizes, the oldest, the next to end',
	details: `Reads every session, so it takes minutes where there are a million. The application may be running.\n\n${aboutStores}`,
	options: {store: storeOption(), codec: codecOption, prefix: prefixOption},
	async run(values, _argument, {stderr}) {
		const [prefix, codec] = [prefixOf(values), await loadCodec(values)];
		const progress = values['json'] ? silent : progressOn(stderr);
		const found = {sessions: 0, withSubject: 0, bytes: 0, largest: 0};
		const [began, ends] = [new Extent(), new Extent()];
		await withStore(values, async store => {
			for await (const {subject, bytes, createdAt, expiresAt} of walk(store, prefix, codec)) {
				found.sessions++;
				if (subject !== undefined) found.withSubject++;
				found.bytes += bytes;
				found.largest = Math.max(found.largest, bytes);
				if (createdAt) began.add(createdAt);
				ends.add(expiresAt);
				progress.update(found.sessions, undefined);
			}
		}).finally(() => progress.end());

		const data = {...found, oldest: began.first, nextToEnd: ends.first};
		if (found.sessions === 0) return {text: `No sessions. ${prefixHint(prefix)}`, data};
		return {text: rows(toRows(data)), data};
	},
};

/** The earliest of some instants. */
class Extent {
	first: Date | undefined;

	add(at: Date): void {
		if (!this.first || at < this.first) this.first = at;
	}
}

type Found = {
	readonly sessions: number;
	readonly withSubject: number;
	readonly bytes: number;
	readonly largest: number;
	readonly oldest: Date | undefined;
	readonly nextToEnd: Date | undefined;
};

const toRows = ({sessions, withSubject, bytes, largest, oldest, nextToEnd}: Found): [string, string][] => [
	['sessions', sessions.toLocaleString('en')],
	['with a subject', withSubject.toLocaleString('en')],
	['without', (sessions - withSubject).toLocaleString('en')],
	[
		'size',
		`${count(bytes, 'byte')}, ${count(Math.round(bytes / sessions), 'byte')} each, ${count(largest, 'byte')} at most`,
	],
	['oldest', oldest ? `began ${oldest.toISOString()}` : 'unknown: only the codec that wrote the sessions can tell'],
	...(nextToEnd
		? [['next to end', `in ${duration(Math.max(0, nextToEnd.getTime() - Date.now()))}`] as [string, string]]
		: []),
];
