import {SessionError} from './errors.ts';
import {unexpected} from './option-checks.ts';
import type {Data} from './record.ts';

/** Which data a regenerated session keeps: all, only some top-level names, or none. */
export type Keep<SessionData = Data> = boolean | readonly (keyof SessionData & string)[];

/** What `ctx.session` can do beside holding data. These names are reserved: assigning one throws. */
export interface SessionMembers<SessionData = Data> {
	/** The session's id. Made on first use; another one after `regenerate()` and after `destroy()`. Keep it secret. */
	readonly id: string;

	/** Nothing is stored under this id yet. */
	readonly isNew: boolean;

	/** The nearer of idle and absolute expiry, as if the session were extended now where it is new. */
	readonly expiresAt: Date;

	/** `true`: the cookie outlives the browser. `false`: it doesn't ("remember me" left unticked). Saved with the data. */
	permanent: boolean;

	/** Whose session it is, for `sessions.list()` and `sessions.revoke()`. Saved with the data; `undefined` to unset. */
	subject: string | undefined;

	/**
	Gives the session a new id at commit; `id` tells it at once. Call it wherever rights change, as at login.

	The old id is dead from then on. `keep: false` drops the data, `keep: ['cart']` all but the cart; both unset the subject.
	Kept for a request that fails. Where no cookie can be sent any more, the session is ended instead.

	@default keep: true
	@see https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
	*/
	regenerate(options?: {readonly keep?: Keep<SessionData>}): Promise<void>;

	/**
	Commits now, cookie included: before a stream starts, or where what follows may fail.

	Writes nothing if nothing changed. Later changes are committed as usual.
	@throws SessionError What a commit throws: see the table of errors.
	*/
	save(): Promise<void>;

	/**
	Changes the session exactly, however many requests do so at once.

	`fn` gets the newest stored state, changes it in place, and is run again on a newer one until its write wins; so it
	should do nothing else. Resolves with what `fn` returns. Afterwards `ctx.session` shows the result; unsaved changes of
	this request stay, unsaved. A session not stored yet is stored.

	@throws SessionError `ERR_SESSION_DESTROYED` if the session was ended, `ERR_SESSION_CONFLICT` if it never won.
	*/
	update<Result>(fn: (session: Session<SessionData>) => Result | Promise<Result>): Promise<Result>;

	/**
	Ends the session; `ctx.session = null` does the same at commit.

	Wins over every parallel request. Afterwards `ctx.session` is empty, and writing to it starts a new session with a
	new id. Quiet if nothing was stored. Kept for a request that fails.
	*/
	destroy(): Promise<void>;
}

/** What `ctx.session` is: the application's data as plain properties, and the members. */
export type Session<SessionData = Data> = SessionData & SessionMembers<SessionData>;

/**
The object behind `ctx.session`. Its own enumerable properties are the data; it does no I/O.

Everything else is asked of `control`.
*/
export class SessionObject implements SessionMembers {
	readonly #control: SessionMembers;

	/** Stored data under reserved names: out of the application's sight, but not lost. */
	#shadowed: Data | undefined;

	constructor(control: SessionMembers, data: Data | undefined) {
		this.#control = control;
		if (data) this.#fill(data);
	}

	get id(): string {
		return this.#control.id;
	}

	get isNew(): boolean {
		return this.#control.isNew;
	}

	get expiresAt(): Date {
		return this.#control.expiresAt;
	}

	get permanent(): boolean {
		return this.#control.permanent;
	}

	set permanent(permanent) {
		if (typeof permanent !== 'boolean') throw unexpected('ctx.session.permanent', '`true` or `false`', permanent);
		this.#control.permanent = permanent;
	}

	get subject(): string | undefined {
		return this.#control.subject;
	}

	set subject(subject) {
		if (subject !== undefined && (typeof subject !== 'string' || subject === '')) {
			throw new TypeError('Expected `ctx.session.subject` to be a text that is not empty, or `undefined` to unset it');
		}

		this.#control.subject = subject;
	}

	regenerate(options?: {readonly keep?: Keep}): Promise<void> {
		checkKeep(options?.keep);
		return this.#control.regenerate(options);
	}

	save(): Promise<void> {
		return this.#control.save();
	}

	update<Result>(fn: (session: Session) => Result | Promise<Result>): Promise<Result> {
		return this.#control.update(fn);
	}

	destroy(): Promise<void> {
		return this.#control.destroy();
	}

	/** Takes the data out, one level deep. Symbols aren't data. */
	static snapshot(session: SessionObject): Data {
		return {...session.#shadowed, ...session};
	}

	/** Replaces the data by what a store held. */
	static replace(session: SessionObject, data: Data): void {
		for (const name of Object.keys(session)) delete (session as unknown as Data)[name];
		session.#shadowed = undefined;
		session.#fill(data);
	}

	#fill(data: Data): void {
		for (const name of Object.keys(data)) {
			const value = data[name];
			if (isReserved(name)) this.#shadowed = {...this.#shadowed, [name]: value};
			else if (name in this) defineData(this, name, value);
			else (this as unknown as Data)[name] = value;
		}
	}
}

/** Data may have the name of something inherited, as `toString` or `__proto__`; an assignment could end elsewhere. */
const defineData = (target: object, name: string, value: unknown): void => {
	Object.defineProperty(target, name, {value, configurable: true, enumerable: true, writable: true});
};

const members = Object.entries(Object.getOwnPropertyDescriptors(SessionObject.prototype)).filter(
	([name]) => name !== 'constructor',
);

// Assigning a method would otherwise replace it for this session, silently.
for (const [name, member] of members) {
	const set = () => refuseReserved(name);
	Object.defineProperty(SessionObject.prototype, name, {
		get: member.get ?? (() => member.value),
		set: member.set ?? set,
	});
}

// `ctx.session.__proto__ = …` would otherwise take the members away. As data it is harmless.
Object.defineProperty(SessionObject.prototype, '__proto__', {
	get: () => undefined,
	set(this: object, value: unknown) {
		defineData(this, '__proto__', value);
	},
});

const reserved = new Set(members.map(([name]) => name));

/** Tells whether a name belongs to the session itself, so that no data can have it. */
export const isReserved = (name: string): boolean => reserved.has(name);

/**
Copies data that an application gives as a whole.

@throws TypeError If it is no plain object.
@throws SessionError If it has a reserved name.
*/
export const checkData = (data: unknown): Data => {
	const prototype: unknown = typeof data === 'object' && data !== null ? Object.getPrototypeOf(data) : undefined;
	const isPlain = prototype === null || (prototype && Object.getPrototypeOf(prototype) === null);
	if (!isPlain && !(data instanceof SessionObject)) {
		throw new TypeError(
			`Expected session data to be a plain object, or \`null\` to end the session, got ${typeof data}`,
		);
	}

	const copy: Data = {...(data as Data)};
	for (const name of Object.keys(copy)) if (isReserved(name)) refuseReserved(name);
	return copy;
};

const checkKeep = (keep: Keep | undefined): void => {
	if (keep === undefined || typeof keep === 'boolean' || Array.isArray(keep)) return;
	throw unexpected('keep', '`true`, `false` or a list of names', keep);
};

const refuseReserved = (name: string): never => {
	throw new SessionError(
		'ERR_SESSION_RESERVED',
		`Expected session data under another name than \`${name}\`, which belongs to \`ctx.session\` itself. Choose another`,
	);
};
