import type {SessionMiddleware} from '../../source/index.ts';
import type {CodecName} from '../codecs.ts';
import type {KeyFile} from '../keys.ts';
import type {Show, ShowOptions} from '../show.ts';
import type {Visit, VisitRouter} from '../visit.ts';

/** What the routes need. */
export type RoutesOptions = ShowOptions & {
	readonly signingKeys: KeyFile;
	readonly encryptionKeys: KeyFile;
	readonly operatorPasswords: KeyFile;

	/** The current session middleware. Switching the codec makes a new one. */
	sessions(): SessionMiddleware<Visit>;

	/** Makes another codec write from now on. */
	switchCodec(name: CodecName): void;
};

/** Adds routes to the router. */
export type AddRoutes = (router: VisitRouter, show: Show, options: RoutesOptions) => void;
