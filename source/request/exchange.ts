import type {Binding} from '../codec.ts';
import type {Proof} from './standing.ts';

/** A token, as a request carried it. */
export type Token = {
	readonly text: string;

	/** The name of the transport that carried it. The signature covers that name. */
	readonly transport: string;
};

/** What a response tells its client: to keep a session's token, or to forget the one that it has. */
export type News =
	| {
			readonly kind: 'token';
			readonly id: string;
			readonly expiresAt: number;
			readonly permanent: boolean;

			/** Whether the client came with another id, or none. */
			readonly isNew: boolean;

			/** Whether the session is bound to a device's key. Only known for a new id. */
			readonly isBound: boolean;

			/** Asked when the headers are sent: whether the session has ended or moved since. Then they say nothing. */
			readonly isOutdated: () => boolean;
	  }
	| {readonly kind: 'clear'};

/** The device's side of one request: the proof that it carries, and what the response tells the browser. */
export interface Device {
	/** The names of its cookies and the path of its endpoint, which no other session may have. */
	readonly exclusiveNames: readonly string[];

	/** The headers in which it says something to the client, besides the transport's. Shared caches must not store them. */
	readonly sets: readonly string[];

	/** Whether the request proves the key that its session is bound to. */
	judge(binding: Binding | undefined): Proof;

	/** Adds to the news that `transport` has put into the headers, instead of what it added before. */
	tell(news: News | undefined, transport: string): void;
}

/** How a request's session reaches its client. */
export interface Exchange {
	/** Every token of the request, in the order in which they are tried. */
	readonly tokens: readonly Token[];

	/**
	What no other session of this request may use: the names of its transports and, with `deviceBound`, its other cookies and
	the path of its endpoint.
	*/
	readonly exclusiveNames: readonly string[];

	/** The device's side of the request. `undefined` without the option `deviceBound`. */
	readonly device: Device | undefined;

	/** The request's path, for the event `late-write`. */
	readonly path: string;

	/** Whether the request counts as use of its session, so that it may extend it. */
	readonly isUse: boolean;

	/** What the headers say about the session now. */
	readonly news: News | undefined;

	/** Whether the headers are sent. */
	readonly isSent: boolean;

	/** What the headers said when they were sent. `undefined` before that, or if they said nothing. */
	readonly sent: News | undefined;

	/**
	Whether news can still reach the client.

	`sent`: the headers are already sent. `refused`: this response can't carry a token.

	@throws SessionError `ERR_SESSION_NO_KEYS` if it could, but there are no keys to sign one. Also the error of the function
	`keys`.
	*/
	delivery(): 'possible' | 'sent' | 'refused';

	/** Uses the transport of this name for the response. */
	answerBy(transport: string): void;

	/** Puts news into the headers, instead of earlier news. `undefined` removes it. */
	tell(news: News | undefined): void;

	/** Runs `work` as the headers leave, with what they say. It may tell something else. A later call replaces an earlier one. */
	whenLeaving(work: (news: News | undefined) => void): void;

	/** Says in `Vary` that the response depends on the session. */
	vary(): void;

	/** Runs `work` once the response is over, complete or aborted. If it is already over, runs `work` soon. */
	whenOver(work: () => void): void;
}
