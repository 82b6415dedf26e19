import type {Act, Entry, History, Moment} from '../histories/checker/history.ts';
import {Jar, readSetCookie} from '../histories/jar.ts';
import type {Phase, Script, Step} from '../histories/script.ts';
import {lifetimes, type Machine, type MachineWorld} from './machine.ts';
import {type Fault, faults, ModelRecords} from './model-store.ts';
import {type Choice, firstChoice, Scheduler} from './scheduler.ts';

/** What went wrong on purpose, and how often. */
export type Injected = Partial<Record<Fault | 'answer lost' | 'limit passed', number>>;

/** What a schedule depends on. */
export type Schedule = {
	readonly script: Script;
	readonly choice: Choice;

	/** Gets the names of all that happened, in order. */
	readonly trace?: string[];

	/** How many faults there are at most. */
	readonly mostFaults?: number;

	/** Whether calls and replies of the store travel apart from each other, and pauses end at any time. */
	readonly isDistant?: boolean;

	/** `false`: a store that breaks the contract, since it may take its own write for somebody else's. */
	readonly remembersOwn?: boolean;
};

/** How many answers are lost, where there are faults at all. */
const lossRate = 0.03;

const idOf = (token: string): string => token.slice(0, token.indexOf('.'));

/** A step, or a read with a token that is in no jar. */
type Sent = Step & {readonly token?: string};

/** A request that goes on while phases pass. */
type Lasting = {readonly phase: number; readonly machine: number; readonly goOn: () => void};

type Mutable<Type> = {-readonly [Name in keyof Type]: Type[Name]};

/** One schedule: browsers, their requests, and what becomes of them. */
export class World implements MachineWorld {
	readonly scheduler: Scheduler;
	readonly records: ModelRecords;
	isDistant: boolean;
	keys = 1;
	readonly #machines: readonly Machine[];
	readonly #script: Script;
	readonly #injected: Injected;
	readonly #jars = new Map<number, Jar>();
	readonly #entries: Entry[] = [];
	#requests = 0;
	#faultsLeft: number;

	/** Requests of the last two phases that outlast the phase after theirs. */
	#lasting: readonly Lasting[] = [];
	#phase = 0;

	/** How many requests are under way. */
	#open = 0;

	/** Requests that are over, but that might have gone on until now. */
	readonly #served = new Set<Promise<Mutable<Entry>>>();

	constructor(machines: readonly Machine[], schedule: Schedule, injected: Injected) {
		const {script, choice, mostFaults = 3, isDistant = true, remembersOwn = true, trace} = schedule;
		const {skews, faultRate, servers} = script;
		this.#machines = machines;
		this.#script = script;
		this.#injected = injected;
		this.#faultsLeft = faultRate > 0 ? mostFaults : 0;
		this.isDistant = isDistant;
		const scheduler = new Scheduler(choice);
		scheduler.skews = skews;
		// Where each reply is there at once, limits pass only if something hangs.
		if (isDistant) scheduler.goesWrong = rate => this.#goesWrong(rate);
		scheduler.mayHurry = isDistant;
		scheduler.trace = trace;
		this.scheduler = scheduler;
		this.records = new ModelRecords(() => scheduler.now + (skews[servers] ?? 0), remembersOwn);
	}

	misfortune(): Fault {
		if (!this.#goesWrong(this.#script.faultRate)) return 'no fault';
		const fault = faults[this.scheduler.choice.pick(faults.length)] as Fault;
		this.#count(fault);
		return fault;
	}

	outlast(): Promise<void> {
		const {machine} = this.scheduler;
		return new Promise(goOn => {
			this.#lasting = [...this.#lasting, {phase: this.#phase, machine, goOn}];
		});
	}

	async run(): Promise<History> {
		for (const phase of this.#script.phases) await this.#runPhase(phase);
		this.#endLasting(Infinity);
		await this.scheduler.settle();
		await this.#finish();
		if (this.#open > 0) throw new Error(`${this.#open} requests never ended`);
		this.#count('limit passed', this.scheduler.stalls);
		this.#faultsLeft = 0;
		this.scheduler.choice = firstChoice;
		this.isDistant = false;
		await this.#readLast();
		return {
			entries: this.#entries,
			limits: {...lifetimes, skew: Math.max(...this.#script.skews.map(Math.abs))},
			listed: await this.#list(),
		};
	}

	async #runPhase({wait, rotates, steps}: Phase): Promise<void> {
		this.scheduler.pass(wait);
		this.#endLasting(++this.#phase - 2);
		if (rotates) this.keys++;
		await this.#runSteps(steps);
	}

	/** Lets requests go on that began in a phase, or before it. */
	#endLasting(last: number): void {
		for (const {phase, machine, goOn} of this.#lasting)
			if (phase <= last) this.scheduler.add('a long response goes on', machine, goOn);
		this.#lasting = this.#lasting.filter(({phase}) => phase > last);
	}

	async #runSteps(steps: readonly Sent[]): Promise<void> {
		for (const step of steps) {
			const sent = this.#send(step);
			this.#open++;
			void sent.then(() => {
				this.#open--;
				this.#served.add(sent);
			});
		}
		await this.scheduler.settle();
		await this.#finish();
	}

	/** Nothing of what was served can be under way any more, whether it got an answer or not. */
	async #finish(): Promise<void> {
		const ended = this.#moment();
		for (const sent of this.#served) {
			const entry = await sent;
			// What a response changes while it goes on is saved when it closes.
			if (!entry.isAcknowledged || entry.way === 'goes on') entry.ended = ended;
		}
		this.#served.clear();
	}

	/** Sends a request when its turn comes, and lets its answer arrive when its turn comes again. */
	async #send({browser, server, act, way, token}: Sent): Promise<Mutable<Entry>> {
		const {scheduler} = this;
		const number = ++this.#requests;
		const name = `${number} (${act.do})`;
		scheduler.machine = server;
		await scheduler.turn(`${name} is sent`);

		const jar = this.#jarOf(browser);
		const held = token === undefined ? jar.look(scheduler.now) : {sent: token, sentUntil: undefined};
		const entry: Mutable<Entry> = {
			number,
			browser,
			server,
			act,
			way,
			...held,
			began: this.#moment(),
			isAcknowledged: false,
		};
		this.#entries.push(entry);

		const isLost = way === 'gone' || this.#loses();
		const arrive = (what: string, work: () => void) => {
			if (isLost) return;
			if (this.#script.isInOrder) work();
			else scheduler.add(`${name}: ${what}`, server, work);
		};
		let [hasArrived, isWhole] = [false, false];
		const finish = () => {
			entry.ended = this.#moment();
		};
		const leave = (setCookie: readonly string[]) => {
			scheduler.trace?.push(`${name} leaves`);
			entry.left = scheduler.next();
			arrive('the headers arrive', () => {
				hasArrived = true;
				// `Max-Age` counts from when the browser has it.
				const said = readSetCookie(setCookie, 'sid', scheduler.now);
				if (token === undefined) jar.keep(said);
				entry.told = said.told;
				if (isWhole) finish();
			});
		};
		const end = () => {
			isWhole = true;
			if (hasArrived) arrive('the end arrives', finish);
		};
		const machine = this.#machines[server] as Machine;
		const service = {number, act, way, token: held.sent, leave, end};
		const {isDone, ...report} = await machine.serve(service);
		Object.assign(entry, report);
		// The answer may arrive later. If the store fails at the commit, the application's own error or headers hide that.
		const isCertain =
			this.#script.faultRate === 0 || !(way === 'throws' || way === 'early' || way === 'lasts' || way === 'goes on');
		entry.isAcknowledged = isDone && !isLost && isCertain;
		return entry;
	}

	/** Every jar and every token that was told and is in no jar reads once more. */
	async #readLast(): Promise<void> {
		const browsers = [...this.#jars.keys()];
		const ask = (act: Act) => browsers.map(browser => ({browser, server: 0, act, way: 'plain'}) as const);
		if (this.#entries.some(({act}) => act.do === 'flash')) await this.#runSteps(ask({do: 'take'}));

		// By their ids: one may have been told with several signatures.
		const others = new Map<string, string>();
		for (const {told} of this.#entries) if (told) others.set(idOf(told), told);
		for (const jar of this.#jars.values()) others.delete(idOf(jar.look(this.scheduler.now).sent ?? ''));
		await this.#runSteps([
			...[...others.values()].map(
				(token, index) => ({browser: -1 - index, server: 0, act: {do: 'read'}, way: 'plain', token}) as const,
			),
			...ask({do: 'read'}),
		]);
	}

	async #list(): Promise<History['listed']> {
		const users = new Set(this.#entries.flatMap(({act}) => (act.do === 'log in' ? [act.user] : [])));
		const listed: {user: string; session: number | undefined}[] = [];
		this.scheduler.machine = 0;
		const work = [...users].map(async user => {
			const [machine] = this.#machines;
			for await (const {data} of (machine as Machine).sessions.list(user)) {
				listed.push({user, session: data['began'] as number | undefined});
			}
		});
		await this.scheduler.settle();
		await Promise.all(work);
		return listed;
	}

	#moment(): Moment {
		return {order: this.scheduler.next(), at: this.scheduler.now};
	}

	#jarOf(browser: number): Jar {
		let jar = this.#jars.get(browser);
		if (!jar) {
			jar = new Jar();
			if (browser >= 0) this.#jars.set(browser, jar);
		}
		return jar;
	}

	/** Whether one of the faults that are left happens now. */
	#goesWrong(rate: number): boolean {
		if (this.#faultsLeft === 0 || !this.scheduler.choice.happens(rate)) return false;
		this.#faultsLeft--;
		return true;
	}

	/** Whether the network loses an answer. */
	#loses(): boolean {
		const isLost = this.#goesWrong(lossRate);
		if (isLost) this.#count('answer lost');
		return isLost;
	}

	#count(what: keyof Injected, times = 1): void {
		this.#injected[what] = (this.#injected[what] ?? 0) + times;
	}
}
