import type {Exchange} from './exchange.ts';

/** How far a request is. Once it is committed, any later change is late. */
export class Phase {
	/** `watched`: late changes will be saved. */
	#is: 'open' | 'committed' | 'watched' = 'open';

	/** The request is committed. */
	markCommitted(): void {
		this.#is = 'committed';
	}

	/** After the commit, saves later changes once the response is over. Before it, does nothing. */
	watch(exchange: Exchange, save: () => Promise<void>): void {
		if (this.#is !== 'committed') return;
		this.#is = 'watched';
		exchange.whenOver(async () => {
			this.#is = 'committed';
			await save();
		});
	}
}
