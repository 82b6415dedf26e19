import type {Exchange} from './exchange.ts';

/** How far a request is. Once it is committed, any later change is late. */
export class Phase {
	/** `watched`: late changes will be saved. */
	#is: 'open' | 'finished' | 'watched' = 'open';

	/** The request is committed. */
	finish(): void {
		this.#is = 'finished';
	}

	/** After the commit, saves later changes once the response is over. Before it, does nothing. */
	watch(exchange: Exchange, save: () => Promise<void>): void {
		if (this.#is !== 'finished') return;
		this.#is = 'watched';
		exchange.whenOver(async () => {
			this.#is = 'finished';
			await save();
		});
	}
}
