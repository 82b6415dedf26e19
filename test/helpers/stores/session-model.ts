import type {Operation} from './watched-store.ts';

/** What a route may do with its session, one after the other. */
export type Command =
	| {readonly do: 'set'; readonly name: Name; readonly value: number}
	| {readonly do: 'unset'; readonly name: Name}
	| {readonly do: 'replace'; readonly data: Data}
	| {readonly do: 'permanent'; readonly value: boolean}
	| {readonly do: 'subject'; readonly value: string | undefined}
	| {readonly do: 'regenerate'; readonly keep: boolean | readonly Name[]}
	| {readonly do: 'null' | 'destroy' | 'save' | 'update'};

/** How a request ends: with an answer, or with an error of a status below 500, or of 500. */
export type Ending = 'answer' | 'refuse' | 'fail';

export type Name = 'a' | 'b' | 'n';
export type Data = Partial<Record<Name, number>>;

/** All that a session is. */
export type Snapshot = {readonly data: Data; readonly permanent: boolean; readonly subject: string | undefined};

const empty: Snapshot = {data: {}, permanent: true, subject: undefined};

/**
What becomes of a client's session, said as simply as possible: there is one client, and one request at a time.

`stored` is what the record holds that the client's cookie opens. There is such a cookie if there is such a record, and
both outlive the browser or don't.
*/
export class SessionModel {
	stored: Snapshot | undefined;

	/** What the store was asked for by the request under way, and which `update()` was refused. */
	calls: Operation[] = [];
	refusals = 0;

	/** What `ctx.session` is. */
	#live = empty;
	#isMoving = false;
	#isEnded = false;
	#kept: boolean | readonly Name[] = true;
	#toEnd = 0;

	/** Whether there is nothing in what is stored. */
	get isBlank(): boolean {
		return this.stored !== undefined && !hasContent(this.stored);
	}

	/** A request begins. */
	begin(): void {
		this.calls = this.stored ? ['read'] : [];
		this.refusals = 0;
		this.#live = this.stored ?? empty;
		this.#isMoving = false;
		this.#isEnded = false;
		this.#kept = true;
	}

	run(command: Command): void {
		const {data} = this.#live;
		if (command.do === 'set') this.#change({data: {...data, [command.name]: command.value}});
		if (command.do === 'unset') this.#change({data: without(data, command.name)});
		if (command.do === 'replace') this.#change({data: command.data});
		if (command.do === 'permanent') this.#change({permanent: command.value});
		if (command.do === 'subject') this.#change({subject: command.value});
		if (command.do === 'regenerate') this.#regenerate(command.keep);
		if (command.do === 'null' || command.do === 'destroy') this.#forget();
		if (command.do === 'destroy') this.#end();
		if (command.do === 'save') this.#commit();
		if (command.do === 'update') this.#update();
	}

	finish(ending: Ending): void {
		if (ending === 'fail') this.#discard();
		else this.#commit();
	}

	#discard(): void {
		this.#end();
		if (this.#isMoving) this.#move(keep(this.stored ?? empty, this.#kept));
	}

	#change(part: Partial<Snapshot>): void {
		this.#live = {...this.#live, ...part};
	}

	#regenerate(kept: boolean | readonly Name[]): void {
		this.#isMoving = this.stored !== undefined;
		this.#kept = both(this.#kept, kept);
		this.#live = keep(this.#live, kept);
	}

	#forget(): void {
		if (this.stored) this.#toEnd++;
		this.stored = undefined;
		this.#live = empty;
		this.#isMoving = false;
		this.#isEnded = true;
		this.#kept = true;
	}

	#end(): void {
		for (; this.#toEnd > 0; this.#toEnd--) this.calls.push('delete');
	}

	#commit(): void {
		this.#end();
		if (this.#isMoving) this.#move(this.#live);
		else if (this.stored) this.#write(this.#live);
		else if (hasContent(this.#live)) this.#create(this.#live);
	}

	#create(snapshot: Snapshot): void {
		this.calls.push('create');
		this.stored = snapshot;
		this.#kept = true;
	}

	#write(snapshot: Snapshot): void {
		if (isSame(snapshot, this.stored)) return;
		this.calls.push('update');
		this.stored = snapshot;
	}

	/** The new record first, then the tombstone. */
	#move(snapshot: Snapshot): void {
		this.#create(snapshot);
		this.calls.push('update');
		this.#isMoving = false;
	}

	#update(): void {
		if (this.#isMoving) this.#move(keep(this.stored ?? empty, this.#kept));
		if (this.#isEnded && !this.stored && !hasContent(this.#live)) {
			this.refusals++;
			return;
		}

		const base = this.stored ?? empty;
		const updated = {...base, data: {...base.data, n: (base.data.n ?? 0) + 1}};
		if (this.stored) this.#write(updated);
		else this.#create(updated);

		// What the route changed itself, and didn't save, stays as it has it.
		if (this.#live.data.n === base.data.n) this.#change({data: {...this.#live.data, n: updated.data.n}});
	}
}

const hasContent = ({data, subject}: Snapshot): boolean => subject !== undefined || Object.keys(data).length > 0;

const isSame = (left: Snapshot, right: Snapshot | undefined): boolean => text(left) === text(right);

/** The order of names counts: a route can see it. */
const text = (snapshot: Snapshot | undefined): string =>
	JSON.stringify(snapshot && [snapshot.data, snapshot.permanent, snapshot.subject]);

const without = (data: Data, name: Name): Data =>
	Object.fromEntries(Object.entries(data).filter(([other]) => other !== name));

const keep = ({data, permanent, subject}: Snapshot, kept: boolean | readonly Name[]): Snapshot => {
	if (kept === true) return {data, permanent, subject};
	const names: readonly string[] = kept === false ? [] : kept;
	return {
		data: Object.fromEntries(Object.entries(data).filter(([name]) => names.includes(name))),
		permanent: empty.permanent,
		subject: undefined,
	};
};

const both = (first: boolean | readonly Name[], second: boolean | readonly Name[]): boolean | readonly Name[] => {
	if (first === true) return second;
	if (second === true || first === false) return first;
	return second === false ? false : first.filter(name => second.includes(name));
};
