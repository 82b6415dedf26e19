import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {type Answer, request} from '../helpers/http/app.ts';
import type {Act, Entry, History, Limits, Moment} from './checker/history.ts';
import {Jar, readSetCookie} from './jar.ts';
import {Link, type LinkFaults, portOf, throughPort} from './link.ts';
import type {Random, Script, Step} from './script.ts';
import type {Asked} from './server.ts';
import type {ServerProcess} from './server-process.ts';

/** By how much the clock of each server is wrong, in milliseconds. */
export const skews: readonly number[] = [0, 240_000];

/** The default lifetimes, which no history is long enough to see the end of. */
const limits: Limits = {idle: 86_400_000, absolute: 14 * 86_400_000, touchAfter: 8_640_000, skew: 300_000};

/** What went wrong on purpose, and how often. */
export type Injected = LinkFaults & {pauses: number; kills: number};

/** A store, the way to it, and the servers that use it. */
export class Rig {
	#pauses = 0;
	#kills = 0;

	/** Whether servers may be killed. A store in memory would die with them. */
	readonly mayKill: boolean;
	readonly #servers: readonly ServerProcess[];
	readonly #random: Random;
	readonly #url: string;
	readonly #links: Link[] = [];
	readonly #urls: string[] = [];

	/** @param url Where the store is, as `open()` understands it. */
	constructor(servers: readonly ServerProcess[], url: string, random: Random, {mayKill = false} = {}) {
		this.#servers = url.startsWith('memory:') ? servers.slice(0, 1) : servers;
		this.#url = url;
		this.#random = random;
		this.mayKill = mayKill && this.#servers.length > 1;
	}

	get servers(): number {
		return this.#servers.length;
	}

	/** Puts a link before the store, one for each server. */
	async open(): Promise<void> {
		const target = portOf(this.#url);
		for (const server of this.#servers) {
			let url = this.#url;
			if (target !== undefined) {
				const link = new Link(target, this.#random);
				this.#links.push(link);
				url = throughPort(url, await link.open());
			}
			this.#urls.push(url);
			await server.port(url);
		}
	}

	close(): void {
		for (const link of this.#links) link.close();
	}

	/** What went wrong on purpose so far. */
	get injected(): Injected {
		const injected: Injected = {pauses: this.#pauses, kills: this.#kills};
		for (const [kind, times] of this.#links.flatMap(link => Object.entries(link.injected))) {
			const name = kind as keyof LinkFaults;
			injected[name] = (injected[name] ?? 0) + times;
		}
		return injected;
	}

	/** Runs a script on the servers; resolves with what its browsers saw. Rejects if a server ended that nobody killed. */
	async run(script: Script): Promise<History> {
		const history = await new Run(this, script).run();
		for (const server of this.#servers) server.check();
		return history;
	}

	random(): number {
		return this.#random();
	}

	async ask(server: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
		const {[server % this.servers]: process, length} = this.#servers;
		if (!process) throw new Error(`Expected a server below ${length}, got ${server}`);
		return request(await process.port(this.#urls[server % length] ?? ''), path, {headers});
	}

	/** Lets connections fail from now on, or no more; a server may stand still for a while, or die. */
	disturb(rate: number): void {
		for (const link of this.#links) link.rate = rate;
		if (rate === 0) return;

		const [victim] = this.#servers.toSorted(() => this.#random() - 0.5);
		const draw = this.#random();
		if (draw < 0.1) {
			this.#pauses++;
			victim?.pause(20 + this.#random() * 100);
		} else if (this.mayKill && draw < 0.13) {
			this.#kills++;
			const delay = this.#random() * 20;
			setTimeout(() => victim?.restart(), delay);
		}
	}
}

type Mutable<Type> = {-readonly [Name in keyof Type]: Type[Name]};

/** One history: browsers, their requests, and what became of them. */
class Run {
	readonly #rig: Rig;
	readonly #script: Script;
	readonly #jars = new Map<number, Jar>();
	readonly #entries: Mutable<Entry>[] = [];

	/** Keeps the users of this history apart from those of others on the same store. */
	readonly #id = randomUUID();
	#places = 0;

	constructor(rig: Rig, script: Script) {
		this.#rig = rig;
		this.#script = script;
	}

	async run(): Promise<History> {
		const {phases, faultRate} = this.#script;
		for (const {steps} of phases) {
			this.#rig.disturb(faultRate);
			await Promise.all(steps.map(step => this.#send(step, this.#rig.random() * 8)));
		}
		this.#rig.disturb(0);
		await this.#readLast();
		return {entries: this.#entries, limits, listed: await this.#list()};
	}

	async #send({browser, server, act, way}: Step, delay: number, token?: string): Promise<Entry> {
		const number = this.#entries.length + 1;
		const mine = this.#own(act);
		const entry: Mutable<Entry> = {
			number,
			browser,
			server,
			act: mine,
			way,
			began: this.#moment(),
			isAcknowledged: false,
		};
		this.#entries.push(entry);
		if (delay > 0) await sleep(delay);

		const jar = this.#jarOf(browser);
		const held = token === undefined ? jar.look(Date.now()) : {sent: token, sentUntil: undefined};
		Object.assign(entry, held, {began: this.#moment()});
		const asked: Asked = {number, act: mine, way};
		const headers = {'x-asks': JSON.stringify(asked), ...(held.sent !== undefined && {cookie: `sid=${held.sent}`})};
		const answer = await this.#rig.ask(server, '/', headers).catch(() => undefined);
		if (!answer) return entry;

		const told = readSetCookie(answer.setCookie, 'sid', Date.now());
		if (token === undefined) jar.keep(told);
		entry.told = told.told;
		entry.ended = this.#moment();
		// The application's own error, and headers that are sent, hide whether the commit failed.
		const isCertain = way !== 'throws' && way !== 'early';
		if (answer.body.startsWith('{')) Object.assign(entry, JSON.parse(answer.body));
		entry.isAcknowledged = entry.saw !== undefined && isCertain && (answer.status === 200 || answer.status === 404);
		// After an error, the store may still be at work.
		if (!entry.isAcknowledged) entry.ended = undefined;
		return entry;
	}

	/** Every jar and every other token that was told reads once more. */
	async #readLast(): Promise<void> {
		const read = {server: 0, act: {do: 'read'}, way: 'plain'} as const;
		const others = new Set(this.#entries.flatMap(({told}) => told ?? []));
		for (const jar of this.#jars.values()) others.delete(jar.look(Date.now()).sent ?? '');
		const browsers = [...this.#jars.keys()];
		if (this.#entries.some(({act}) => act.do === 'flash')) {
			await Promise.all(browsers.map(browser => this.#send({...read, browser, act: {do: 'take'}}, 0)));
		}
		await Promise.all([...others].map((token, index) => this.#send({...read, browser: -1 - index}, 0, token)));
		await Promise.all(browsers.map(browser => this.#send({...read, browser}, 0)));
	}

	async #list(): Promise<History['listed']> {
		const users = new Set(this.#entries.flatMap(({act}) => (act.do === 'log in' ? [act.user] : [])));
		const listed = [...users].map(async user => {
			const answer = await this.#rig.ask(0, `/list?user=${encodeURIComponent(user)}`).catch(() => undefined);
			// A store without an index lists nothing.
			if (answer?.status !== 200) return [];
			const sessions = JSON.parse(answer.body) as (number | null)[];
			return sessions.map(session => ({user, session: session ?? undefined}));
		});
		return (await Promise.all(listed)).flat();
	}

	#own(act: Act): Act {
		return 'user' in act ? {...act, user: `${act.user} ${this.#id}`} : act;
	}

	#jarOf(browser: number): Jar {
		const jar = this.#jars.get(browser) ?? new Jar();
		if (browser >= 0) this.#jars.set(browser, jar);
		return jar;
	}

	#moment(): Moment {
		return {order: ++this.#places, at: Date.now()};
	}
}
