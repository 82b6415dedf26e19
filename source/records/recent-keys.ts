/** How many keys are remembered at least: more than a process has requests under way. */
const remembered = 10_000;

/** Keys that this process had to do with lately. Forgets the oldest ones, in two generations. */
export class RecentKeys {
	#newer = new Set<string>();
	#older = new Set<string>();

	add(key: string): void {
		if (this.#newer.size >= remembered) {
			this.#older = this.#newer;
			this.#newer = new Set();
		}
		this.#newer.add(key);
	}

	has(key: string): boolean {
		return this.#newer.has(key) || this.#older.has(key);
	}

	delete(key: string): void {
		this.#newer.delete(key);
		this.#older.delete(key);
	}
}
