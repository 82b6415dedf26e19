import {checkFunction, checkObject, checkOneOf, describe} from '../options/checks.ts';
import type {Duration} from '../options/duration.ts';
import {checkNames} from '../options/names.ts';
import {describeInstance, isPlainObject} from '../plain.ts';
import type {Callback, Data, Keep, Session, SessionMembers} from '../session.ts';
import {handleOf} from '../tokens/identifier.ts';
import {checkKeep, checkKind, checkSubject} from './arguments.ts';
import {answer} from './callback.ts';
import {flashKinds} from './flash-kinds.ts';
import {foreignNames, warnOfForeign} from './foreign-names.ts';
import {readTimeout} from './own-timeouts.ts';
import {refuseReserved} from './reserved-name.ts';

/** How to regenerate. `leave`: the object keeps its data, and the session goes on in another object. */
export type RegenerateOptions = {readonly keep?: Keep; readonly restart?: boolean; readonly leave?: boolean};

/** Does everything that the object can't do itself. */
export type SessionControl = Omit<SessionMembers, 'handle' | 'regenerate' | 'save' | 'destroy'> & {
	regenerate(options?: RegenerateOptions): Promise<void>;
	save(): Promise<void>;
	destroy(): Promise<void>;

	/** Only where the id is unknown. */
	readonly handle?: string;

	/** The kinds of the flash messages that wait. Absent where none can be taken. */
	readonly kinds?: readonly string[];
};

/**
The object that is `ctx.session`. Its enumerable own properties are the data. It does no I/O: `control` does everything
else.
*/
export class SessionObject implements SessionMembers {
	readonly #control: SessionControl;

	/** Stored data with reserved names. The application doesn't see it, but it isn't lost. */
	#shadowed: Data | undefined;

	constructor(control: SessionControl, data: Data | undefined) {
		this.#control = control;
		if (data) this.#fill(data);
	}

	get id(): string {
		return this.#control.id;
	}

	get handle(): string {
		return this.#control.handle ?? handleOf(this.id);
	}

	get isNew(): boolean {
		return this.#control.isNew;
	}

	get createdAt(): Date {
		return this.#control.createdAt;
	}

	get lastSeenAt(): Date {
		return this.#control.lastSeenAt;
	}

	get expiresAt(): Date {
		return this.#control.expiresAt;
	}

	get isBound(): boolean {
		return this.#control.isBound;
	}

	get permanent(): boolean {
		return this.#control.permanent;
	}

	set permanent(permanent) {
		this.#control.permanent = checkOneOf('permanent', permanent, [true, false]);
	}

	get idleTimeout(): number | undefined {
		return this.#control.idleTimeout;
	}

	set idleTimeout(timeout: Duration | undefined) {
		this.#control.idleTimeout = readTimeout('idleTimeout', timeout);
	}

	get absoluteTimeout(): number | undefined {
		return this.#control.absoluteTimeout;
	}

	set absoluteTimeout(timeout: Duration | undefined) {
		this.#control.absoluteTimeout = readTimeout('absoluteTimeout', timeout);
	}

	get subject(): string | undefined {
		return this.#control.subject;
	}

	set subject(subject) {
		checkSubject(subject);
		this.#control.subject = subject;
	}

	regenerate(options?: {readonly keep?: Keep; readonly restart?: boolean}): Promise<void>;
	regenerate(callback: Callback): void;
	regenerate(given?: {readonly keep?: Keep; readonly restart?: boolean} | Callback): Promise<void> | void {
		if (typeof given === 'function') return answer(this.#control.regenerate({keep: false, leave: true}), given);
		if (given !== undefined) {
			checkObject('options', given, 'an object or a callback');
			checkNames(given, ['keep', 'restart']);
		}
		checkKeep(given?.keep);
		checkOneOf('restart', given?.restart, [true, false, undefined]);
		return this.#control.regenerate(given);
	}

	get [flashKinds](): readonly string[] {
		return this.#control.kinds ?? [];
	}

	flash(kind: string, message: unknown): void {
		checkKind(kind);
		if (message === undefined) {
			throw new TypeError('Expected a message to show. To take those of a kind, call `flashes(kind)`');
		}
		this.#control.flash(kind as never, message as never);
	}

	flashes(kind: string): never[] {
		checkKind(kind);
		return this.#control.flashes(kind as never) as never[];
	}

	save(): Promise<void>;
	save(callback: Callback): void;
	save(callback?: Callback): Promise<void> | void {
		if (callback !== undefined) checkFunction('callback', callback);
		const saved = this.#control.save();
		return callback ? answer(saved, callback) : saved;
	}

	update<Result>(fn: (session: Session<Data>) => Result | Promise<Result>): Promise<Result> {
		return this.#control.update(checkFunction('fn', fn));
	}

	destroy(): Promise<void>;
	destroy(callback: Callback): void;
	destroy(callback?: Callback): Promise<void> | void {
		if (callback !== undefined) checkFunction('callback', callback);
		const destroyed = this.#control.destroy();
		return callback ? answer(destroyed, callback) : destroyed;
	}

	/** Copies the data, one level deep. Symbols aren't data. */
	static snapshot(session: SessionObject): Data {
		return session.#shadowed ? {...session.#shadowed, ...session} : {...session};
	}

	/** Replaces the data. Reserved names are kept out of sight. Returns `false`, having changed nothing, if any of it is frozen. */
	static replace(session: SessionObject, data: Data): boolean {
		const names = Object.keys(session);
		const isLoose = names.every(name => Object.getOwnPropertyDescriptor(session, name)?.configurable);
		if (!isLoose || !Object.isExtensible(session)) return false;
		for (const name of names) delete (session as unknown as Data)[name];
		session.#shadowed = undefined;
		session.#fill(data);
		return true;
	}

	#fill(data: Data): void {
		for (const name of Object.keys(data)) {
			const value = data[name];
			if (!(name in this)) (this as unknown as Data)[name] = value;
			else if (isReserved(name)) this.#shadowed = {...this.#shadowed, [name]: value};
			else defineData(this, name, value);
		}
	}
}

/** Data may be named like an inherited property, such as `toString` or `__proto__`: an assignment would reach that. */
const defineData = (target: object, name: string, value: unknown): void => {
	Object.defineProperty(target, name, {value, configurable: true, enumerable: true, writable: true});
};

const members = Object.entries(Object.getOwnPropertyDescriptors(SessionObject.prototype)).filter(
	([name]) => name !== 'constructor',
);

// Otherwise, assigning to a method would silently replace it for this session.
for (const [name, member] of members) {
	const set = () => refuseReserved(name);
	// All requests share the method. The next one would read what one writes on it: `ctx.session.flash.info = …`.
	if (typeof member.value === 'function') Object.freeze(member.value);
	Object.defineProperty(SessionObject.prototype, name, {
		get: member.get ?? (() => member.value),
		set: member.set ?? set,
	});
}

// Otherwise, `ctx.session.__proto__ = …` would remove the members. As data it is harmless.
Object.defineProperty(SessionObject.prototype, '__proto__', {
	get: () => undefined,
	set(this: object, value: unknown) {
		defineData(this, '__proto__', value);
	},
});

// Data under such a name is an own property, as of any other name. Only the first assignment of a session comes here.
for (const name of foreignNames) {
	Object.defineProperty(SessionObject.prototype, name, {
		get: () => undefined,
		set(this: object, value: unknown) {
			defineData(this, name, value);
			warnOfForeign(name, value);
		},
	});
}

const reserved = new Set(members.map(([name]) => name));

/** Whether a name belongs to a member of the session, so that no data can have it. */
export const isReserved = (name: string): boolean => reserved.has(name);

/**
Copies data that an application gives as a whole.

@throws TypeError If it isn't a plain object.
@throws SessionError If it has a reserved name.
*/
export const checkData = (data: unknown, expected = '`data` to be a plain object'): Data => {
	if (!isPlainObject(data) && !(data instanceof SessionObject)) {
		const isInstance = typeof data === 'object' && data !== null && !Array.isArray(data);
		const kind = isInstance ? describeInstance(data) : describe(data);
		throw new TypeError(`Expected ${expected}, got ${kind}`);
	}

	const copy: Data = {...data};
	for (const [name, value] of Object.entries(copy)) {
		if (isReserved(name)) refuseReserved(name);
		warnOfForeign(name, value);
	}

	return copy;
};
