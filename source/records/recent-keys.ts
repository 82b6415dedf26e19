/** How many keys are remembered at least: more than a process has requests under way. */
const remembered = 10_000;

/** Keys that this process had to do with lately, each with its largest number. Forgets the oldest ones, in two generations. */
export class RecentKeys {
	#newer = new Map<string, number>();
	#older = new Map<string, number>();

	add(key: string, value = 0): void {
		const known = this.#newer.get(key);
		if (known !== undefined && known >= value) return;

		if (this.#newer.size >= remembered) {
			this.#older = this.#newer;
			this.#newer = new Map();
		}
		this.#newer.set(key, Math.max(value, this.#older.get(key) ?? 0));
	}

	get(key: string): number | undefined {
		return this.#newer.get(key) ?? this.#older.get(key);
	}

	has(key: string): boolean {
		return this.get(key) !== undefined;
	}

	delete(key: string): void {
		this.#newer.delete(key);
		this.#older.delete(key);
	}
}
