/** A value under a key, between its neighbours in order of use. */
export type Used<Value> = {
	readonly key: string;
	value: Value;
	older: Used<Value> | undefined;
	newer: Used<Value> | undefined;
};

/**
Values by key, from the least to the most recently used. The cost of each operation doesn't depend on how many there are.

A linked list, because a `Map` whose keys are deleted and set again keeps growing while an iterator over it exists.
*/
export class Recency<Value> {
	readonly #byKey = new Map<string, Used<Value>>();
	#oldest: Used<Value> | undefined;
	#newest: Used<Value> | undefined;

	/** Where `walk()` continues. */
	#next: Used<Value> | undefined;

	get size(): number {
		return this.#byKey.size;
	}

	get oldest(): Used<Value> | undefined {
		return this.#oldest;
	}

	get(key: string): Used<Value> | undefined {
		return this.#byKey.get(key);
	}

	keys(): Iterable<string> {
		return this.#byKey.keys();
	}

	/** Adds a value as the most recently used one. The key must be free. */
	add(key: string, value: Value): void {
		const added = {key, value, older: undefined, newer: undefined};
		this.#byKey.set(key, added);
		this.#append(added);
	}

	/** Makes a value the most recently used one. */
	use(used: Used<Value>): void {
		if (used === this.#newest) return;
		this.#takeOut(used);
		this.#append(used);
	}

	remove(used: Used<Value>): void {
		this.#byKey.delete(used.key);
		this.#takeOut(used);
	}

	clear(): void {
		this.#byKey.clear();
		this.#oldest = undefined;
		this.#newest = undefined;
		this.#next = undefined;
	}

	/** Returns the next value, round and round. What is used in the meantime comes last. */
	walk(): Used<Value> | undefined {
		const used = this.#next ?? this.#oldest;
		this.#next = used?.newer;
		return used;
	}

	#append(used: Used<Value>): void {
		used.older = this.#newest;
		used.newer = undefined;
		if (this.#newest) this.#newest.newer = used;
		else this.#oldest = used;
		this.#newest = used;
	}

	#takeOut(used: Used<Value>): void {
		const {older, newer} = used;
		if (used === this.#next) this.#next = newer;
		if (older) older.newer = newer;
		else this.#oldest = newer;
		if (newer) newer.older = older;
		else this.#newest = older;
	}
}
