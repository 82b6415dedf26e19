import {MemoryStore} from '../../../source/stores/memory.ts';

/** A store that answers at once, after work that nothing else can run beside: as SQLite does. */
export class BusyStore extends MemoryStore {
	override async read(key: string) {
		const end = performance.now() + 1;
		while (performance.now() < end);
		return super.read(key);
	}
}
