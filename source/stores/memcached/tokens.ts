import type {Version} from '../../store.ts';
import type {Item} from './item.ts';

/** What an update has to know of the state that it replaces. */
export type Seen = Pick<Item, 'version' | 'expiresAt' | 'token'>;

/** A few megabytes at most. */
const mostTokens = 10_000;

/** Longer than a request usually takes, in milliseconds. */
const longestTrust = 10_000;

/**
The tokens of what `read()` saw, so that the update that follows needn't ask for them.

A token that is missing or outdated costs only a round trip. But a server that restarts counts from the beginning again,
so no token is trusted for long, nor after a `create()` of its key.
*/
export class SeenTokens {
	readonly #tokens = new Map<string, Seen & {readonly seenAt: number}>();

	note(key: string, {version, expiresAt, token}: Seen): void {
		this.#tokens.delete(key);
		this.#tokens.set(key, {version, expiresAt, token, seenAt: performance.now()});
		if (this.#tokens.size <= mostTokens) return;

		const [oldest] = this.#tokens.keys();
		if (oldest !== undefined) this.#tokens.delete(oldest);
	}

	forget(key: string): void {
		this.#tokens.delete(key);
	}

	/** Gives the token of a version, once. */
	take(key: string, version: Version): Seen | undefined {
		const seen = this.#tokens.get(key);
		if (seen?.version !== version) return undefined;

		this.#tokens.delete(key);
		return performance.now() - seen.seenAt < longestTrust ? seen : undefined;
	}
}
