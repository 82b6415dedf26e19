import {createHmac} from 'node:crypto';
import {testKeys} from './app.ts';

/** What a token is made of; everything but the id as the test application has it. */
export type TokenParts = {
	readonly id: string;
	readonly name?: string;
	readonly property?: string;
	readonly key?: string | undefined;
};

/** Makes a token by node:crypto alone, so that tests don't take our signer's word for it. The id may be anything. */
export const makeToken = ({id, name = 'sid', property = 'session', key = testKeys[0]}: TokenParts): string => {
	const signature = createHmac('sha256', key ?? '').update(`${id}.${JSON.stringify([name, property])}`);
	return `${id}.${signature.digest('base64url')}`;
};
