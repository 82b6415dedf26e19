import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';

import type {Store, Version} from '../../source/store.ts';
import {open} from '../../source/stores/open.ts';
import {type Block, longestBlock, measureAll} from '../measure.ts';
import {type Entry, type Fill, isBrief, keyOf, subjectOf} from './fill.ts';
import {prepare} from './prepare.ts';

export const works = ['read', 'update', 'prune', 'list'] as const;

export type Work = (typeof works)[number];

/** How many records a turn reads or updates, at most 100, and for how many users it lists sessions. */
export type Turn = {readonly records: number; readonly lists: number};

const hour = 3_600_000;
const bytes = Buffer.alloc(203, 'x');

/** How many records a turn prunes. */
const batch = 100;

/** How many records `sessions.prune()` removes per step at most, and how many steps are measured. */
const stepSize = 500;
const steps = 20;

/** A store full of sessions, ten for each user. Every tenth has expired. */
export class Crowd {
	readonly store: Store;
	readonly #size: number;
	#turns = 0;

	/** The subjects of the drawn records. */
	readonly #subjects = new Map<string, string>();

	private constructor(store: Store, size: number) {
		this.store = store;
		this.#size = size;
	}

	static async gather(url: string, size: number, fill: Fill): Promise<Crowd> {
		const store = await open(url);
		await prepare(store);
		await fill(url, entries(size), store);
		// Until every tenth has expired.
		await delay(brief);

		const crowd = new Crowd(store, size);
		await crowd.#verify();
		await crowd.#warmUp();
		return crowd;
	}

	can(work: Work): boolean {
		return (
			(work !== 'prune' || this.store.prune !== undefined) && (work !== 'list' || this.store.bySubject !== undefined)
		);
	}

	/** Milliseconds for one operation of a turn. */
	async measure(work: Work, {records, lists}: Turn): Promise<number> {
		this.#turns++;
		if (work === 'prune') return this.#prune();
		if (work === 'list') return 1000 / (await measureAll(this.#draw(lists), key => this.#list(key))).perSecond;

		const keys = this.#draw(records);
		if (work === 'read') return 1000 / (await measureAll(keys, key => this.store.read(key))).perSecond;

		const versions = new Map<string, Version>();
		for (const key of keys) {
			const record = await this.store.read(key);
			if (record) versions.set(key, record.version);
		}
		const update = async (key: string) => {
			const record = {bytes, expiresAt: Date.now() + hour, subject: this.#subjects.get(key) ?? ''};
			const version = versions.get(key);
			assert.equal(typeof (version && (await this.store.update(key, record, version))), 'object');
		};
		return 1000 / (await measureAll(keys, update)).perSecond;
	}

	/** The longest block of each step: while some records have expired, and when none has. */
	async blocked(): Promise<Readonly<Record<'some' | 'none', readonly Block[]>>> {
		const size = Math.min(stepSize, Math.floor(this.#size / 10 / steps));
		let pruned = 0;
		const prune = async () => {
			pruned = (await this.store.prune?.(size)) ?? 0;
		};
		const some: Block[] = [];
		const none: Block[] = [];
		while (some.length < steps) {
			some.push(await longestBlock(prune));
			assert.ok(pruned > 0, 'Expected expired sessions. Has the server itself deleted them?');
		}
		while (pruned > 0) await prune();
		while (none.length < steps) none.push(await longestBlock(prune));
		return {some, none};
	}

	/** Creates records and lets them expire first, so that there are always enough. */
	async #prune(): Promise<number> {
		const expiresAt = Date.now() + brief / 10;
		const names = Array.from({length: batch}, (_, index) => keyOf(1e9 + this.#turns * batch + index));
		await measureAll(names, key => this.store.create(key, {bytes, expiresAt, subject: 'nobody'}));
		await delay(expiresAt - Date.now() + 1);

		const startedAt = performance.now();
		const pruned = await this.store.prune?.(batch);
		const milliseconds = performance.now() - startedAt;
		assert.equal(pruned, batch);
		return milliseconds;
	}

	async #list(key: string): Promise<void> {
		let found = 0;
		for await (const {length} of this.store.bySubject?.(this.#subjects.get(key) ?? '') ?? []) found += length;
		assert.equal(found, 9);
	}

	/** Keys of live records from all over: the same in each turn, like those of active visitors. */
	#draw(count: number): readonly string[] {
		this.#subjects.clear();
		const stride = Math.floor(this.#size / count / 10) * 10;
		return Array.from({length: count}, (_, place) => {
			const index = place * stride + (place % 9);
			this.#subjects.set(keyOf(index), subjectOf(index));
			return keyOf(index);
		});
	}

	/** Reads everything once: a process of PostgreSQL is slow when it needs a page for the first time. */
	async #warmUp(): Promise<void> {
		for await (const _ of this.store.keys?.('session:') ?? []);
	}

	async #verify(): Promise<void> {
		for (const index of [0, this.#size - 2]) {
			const record = await this.store.read(keyOf(index));
			assert.deepEqual(record && Buffer.from(record.bytes), bytes);
		}
		assert.equal(await this.store.read(keyOf(this.#size - 1)), undefined);
	}
}

/** How long the brief records live, in milliseconds. */
const brief = 2000;

function* entries(size: number): Generator<Entry> {
	for (let index = 0; index < size; index++) {
		const expiresAt = Date.now() + (isBrief(index) ? brief : hour);
		yield {key: keyOf(index), record: {bytes, expiresAt, subject: subjectOf(index)}};
	}
}
