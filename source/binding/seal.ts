import type {KeySet} from '../tokens/signer.ts';

/** What a sealed text is for. One is never taken for another. */
export type Purpose = 'register' | 'refresh' | 'bound' | 'key';

/**
Signs texts with the session's keys, for one purpose each.

The signature also covers `property`, so that a session refuses what another one of the same keys has signed. It can't be
taken for that of a token, which covers an id and then a list: this is a list.
*/
export class Seal {
	readonly #findKeys: () => KeySet;
	readonly #property: string;

	/** @param findKeys Called at every use: keys may change on a live server. */
	constructor(findKeys: () => KeySet, property: string) {
		this.#findKeys = findKeys;
		this.#property = property;
	}

	/** Signs with the newest key. */
	sign(purpose: Purpose, ...parts: readonly (string | number)[]): string {
		return this.#findKeys().sign(this.#textOf(purpose, parts));
	}

	/** Whether one of the keys signed exactly this, and if so whether it was the newest. */
	verify(signature: string, purpose: Purpose, ...parts: readonly (string | number)[]): 'newest' | 'older' | undefined {
		const index = this.#findKeys().index(this.#textOf(purpose, parts), signature);
		if (index === -1) return undefined;
		return index === 0 ? 'newest' : 'older';
	}

	#textOf(purpose: Purpose, parts: readonly (string | number)[]): string {
		return JSON.stringify(['binding', purpose, this.#property, ...parts]);
	}
}
