/** Decides what is left to chance: at random, or one possibility after the other. */
export type Choice = {
	/** A whole number below `count`. */
	pick(count: number): number;

	/** Whether something happens that is as likely as `rate` says. */
	happens(rate: number): boolean;
};

export const randomChoice = (random: () => number): Choice => ({
	pick: count => Math.floor(random() * count),
	happens: rate => random() < rate,
});

/** The first possibility each time. Nothing goes wrong. */
export const firstChoice: Choice = {pick: () => 0, happens: () => false};

/** Something that can happen next. `machine`: whose clock counts while it happens. */
type Event = {readonly name: string; readonly machine: number; readonly run: () => void};

type Timer = {readonly at: number; readonly isLong: boolean; readonly machine: number; readonly run: () => void};

/** From which length on a timer is a limit, which passes only if something hangs. Below it, somebody waits for a moment. */
const long = 1000;

/** How likely it is that a limit passes while other things could still happen. */
const stallRate = 0.02;

/**
Decides every order at the edges: calls and answers of the store, timers, and the delivery of requests and responses.

Time stands still, except when a timer is next: then it jumps there.
*/
export class Scheduler {
	/** The true time, in milliseconds since the epoch. */
	now = Date.UTC(2030, 0, 1);

	/** The machine on whose behalf code runs. */
	machine = 0;

	/** By how much the clock of each machine is wrong. */
	skews: readonly number[] = [];

	/** The names of what happened, in order; only if somebody wants to read them. */
	trace: string[] | undefined;

	/** How many limits passed while something else could still happen. */
	stalls = 0;

	choice: Choice;

	/** Whether a pause may end while something else can happen. If not, there are fewer orders. */
	mayHurry = true;

	/** Decides whether something goes wrong that is as likely as `rate` says. */
	goesWrong: (rate: number) => boolean = () => false;
	#events: Event[] = [];
	#timers: Timer[] = [];
	#places = 0;

	constructor(choice: Choice) {
		this.choice = choice;
	}

	/** The place of the next thing in the real order. */
	next(): number {
		return ++this.#places;
	}

	/** Lets something happen at any moment from now on. */
	add(name: string, machine: number, run: () => void): void {
		this.#events.push({name, machine, run});
	}

	/** Waits for a turn. */
	turn(name: string): Promise<void> {
		const {machine} = this;
		return new Promise(resolve => this.add(name, machine, resolve));
	}

	/** Sets a timer of the machine whose code runs. Returns what stops it. */
	setTimer(run: () => void, delay: number): () => void {
		const timer = {at: this.now + Math.max(delay, 0), isLong: delay >= long, machine: this.machine, run};
		this.#timers.push(timer);
		return () => {
			const place = this.#timers.indexOf(timer);
			if (place !== -1) this.#timers.splice(place, 1);
		};
	}

	/** Whether anything is left to happen. Timers that only limit something else don't count. */
	get isBusy(): boolean {
		return this.#events.length > 0 || this.#timers.length > 0;
	}

	/** Runs everything that can happen, one after the other, until nothing is left. */
	async settle(): Promise<void> {
		await drained();
		while (this.isBusy) {
			this.#step();
			await drained();
		}
	}

	/** Lets time pass while nothing happens. */
	pass(duration: number): void {
		this.now += duration;
	}

	#step(): void {
		const events = this.#events;
		const timer = this.#earliest();
		const isStall = timer?.isLong && events.length > 0 && this.goesWrong(stallRate);
		if (isStall) this.stalls++;
		const mayFire = timer && (events.length === 0 || (this.mayHurry && !timer.isLong));
		const possible = events.length + (mayFire ? 1 : 0);
		const index = isStall ? events.length : possible === 1 ? 0 : this.choice.pick(possible);
		if (index === events.length && timer) this.#fire(timer);
		else this.#happen(index);
	}

	#happen(index: number): void {
		const event = this.#events[index] as Event;
		// In order, so that the same choices mean the same things.
		this.#events.splice(index, 1);
		this.trace?.push(event.name);
		this.machine = event.machine;
		event.run();
	}

	#fire(timer: Timer): void {
		this.#timers.splice(this.#timers.indexOf(timer), 1);
		this.now = Math.max(this.now, timer.at);
		this.trace?.push(timer.isLong ? 'a time limit passes' : 'a pause ends');
		this.machine = timer.machine;
		timer.run();
	}

	#earliest(): Timer | undefined {
		let earliest: Timer | undefined;
		for (const timer of this.#timers) if (!earliest || timer.at < earliest.at) earliest = timer;
		return earliest;
	}
}

/** Resolves when all promises that can go on have done so: Node runs ticks only when no microtask is left. */
export const drained = (): Promise<void> => new Promise(resolve => queueMicrotask(() => process.nextTick(resolve)));
