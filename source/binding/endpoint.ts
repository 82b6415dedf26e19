import {hash} from 'node:crypto';
import {publish, type SessionEvents} from '../events.ts';
import {Contest} from '../records/contest.ts';
import type {Records} from '../records/records.ts';
import type {StoredSession} from '../records/stored-session.ts';
import type {Origin} from './bound-cookie.ts';
import {makeChallenge, readChallenge} from './challenge.ts';
import {isSignedBy, readProof, unquote} from './proof.ts';
import type {Seal} from './seal.ts';

/** What a browser sends to the endpoint. */
export type Post = {
	/** The header `Secure-Session-Response`. */
	readonly proof: string | undefined;

	/** The header `Sec-Secure-Session-Id`, which no page can set. Absent at a registration. */
	readonly id: string | undefined;

	/** The handles of the sessions that its cookies name, without any twice. */
	readonly handles: readonly string[];
};

/**
How the endpoint answers. At any other status below 500, such as 429 or a redirect, the browser drops the binding.

- 200: the device has proved its key.
- 403: prove it, by this challenge.
- 503: try again later.
- 400 and 409 refuse a registration. After 404, the browser forgets its key.
*/
export type Answer =
	| {
			readonly status: 200;
			readonly deviceKey: string;
			readonly id: string;
			readonly origin: Origin;
			readonly handle: string;
			readonly permanent: boolean;
	  }
	| {readonly status: 403; readonly challenge: string; readonly id: string}
	| {readonly status: 400 | 404 | 409 | 503};

type Refusal = NonNullable<SessionEvents['bind']['reason']>;

/** A binding that a browser names, and the key in the store of the session that has it now. */
type FoundBinding = {readonly deviceKey: string; readonly key: string; readonly permanent: boolean};

/** Registers keys and refreshes proofs. No Koa. */
export class Endpoint {
	readonly #records: Records;
	readonly #seal: Seal;
	readonly #prefix: string;

	constructor(records: Records, seal: Seal, prefix: string) {
		this.#records = records;
		this.#seal = seal;
		this.#prefix = prefix;
	}

	/** @throws SessionError If the store fails. */
	answer(post: Post): Promise<Answer> {
		return post.id === undefined ? this.#register(post) : this.#refresh({...post, id: unquote(post.id)});
	}

	/**
	Binds a session to the key that the proof names.

	The challenge stands for the session: it was sent only with the session's new id. So no cookie is needed, and tombstones
	aren't followed: somebody who planted a session before a login may know its challenge, and must not bind what it becomes.
	*/
	async #register(post: Post): Promise<Answer> {
		const proof = readProof(post.proof ?? '');
		const handle = proof && readChallenge(this.#seal, 'register', proof.challenge);
		const {key: deviceKey} = proof ?? {};
		if (!handle || !deviceKey || !isSignedBy(proof, deviceKey)) return this.#refuse(400, 'proof');

		const key = this.#prefix + handle;
		const contest = new Contest(this.#records.queue, post);
		try {
			for (;;) {
				const answer = await this.#bind(key, deviceKey, handle);
				if (answer) return answer;
				await contest.waitToRetry(key);
			}
		} finally {
			contest.end();
		}
	}

	/** Writes a key into the session's record. Resolves to `undefined` if another request wrote first. */
	async #bind(key: string, deviceKey: string, handle: string): Promise<Answer | undefined> {
		const stored = await this.#records.read('', key);
		if (stored === 'undecodable') return {status: 503};
		if (typeof stored === 'string') return this.#refuse(404, 'gone', key);

		const state = stored.open();
		const {permanent, binding} = state;
		const id = bindingId(deviceKey);
		const registered = {status: 200, deviceKey, id, origin: 'registered', handle, permanent} as const;
		if (binding) {
			stored.abort();
			// A browser repeats a request whose answer was lost.
			const isRepeated = binding.key === deviceKey && binding.since === undefined;
			return isRepeated ? registered : this.#refuse(409, 'other-key', key);
		}

		const next = {...state, binding: {key: deviceKey}};
		const bytes = stored.encode(next);
		const written =
			bytes && (await this.#records.replace(stored, {bytes, expiresAt: stored.record.expiresAt, state: next}));
		if (written === 'conflict') return undefined;
		if (written === undefined || written === 'missing') return this.#refuse(404, 'gone', key);
		this.#publish(key, 'registered');
		return registered;
	}

	/** Lets the device prove its key again: first a challenge, then its answer. */
	async #refresh({id, proof: header, handles}: Post & {readonly id: string}): Promise<Answer> {
		const found = await this.#find(id, handles);
		if (found === 'undecodable') return {status: 503};
		if (!found) return this.#refuse(404, 'gone');

		const {deviceKey, key, permanent} = found;
		const challenge = (): Answer => ({status: 403, challenge: makeChallenge(this.#seal, 'refresh', id), id});
		if (header === undefined) return challenge();

		const proof = readProof(header);
		if (!proof || !isSignedBy(proof, deviceKey)) return this.#refuse(404, 'proof', key);
		if (readChallenge(this.#seal, 'refresh', proof.challenge) !== id) return challenge();

		this.#publish(key, 'refreshed');
		return {status: 200, deviceKey, id, origin: 'refreshed', handle: key.slice(this.#prefix.length), permanent};
	}

	/** Finds the session of a binding among those that the cookies name, or that have moved on from there. */
	async #find(id: string, handles: readonly string[]): Promise<FoundBinding | 'undecodable' | undefined> {
		if (!/^[\w-]{43}$/.test(id)) return undefined;

		let found: 'undecodable' | undefined;
		for (const handle of handles) {
			const stored: StoredSession | 'ended' | 'undecodable' = await this.#records.readNewest(this.#prefix + handle);
			if (stored === 'undecodable') found = stored;
			if (typeof stored === 'string') continue;

			const {binding, permanent} = stored.open();
			stored.abort();
			if (binding && bindingId(binding.key) === id) return {deviceKey: binding.key, key: stored.key, permanent};
		}
		return found;
	}

	/** @param key The session's key in the store, if it is known. */
	#refuse(status: 400 | 404 | 409, reason: Refusal, key = ''): Answer {
		publish('bind', () => ({session: this.#records.nameOf(key), step: 'refused', reason}));
		return {status};
	}

	#publish(key: string, step: 'registered' | 'refreshed'): void {
		publish('bind', () => ({session: this.#records.nameOf(key), step}));
	}
}

/** How the browser names a binding: a hash of its key, so no two have the same. */
const bindingId = (key: string): string => hash('sha256', key, 'base64url');
