import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {Codec, Envelope} from '../codec.ts';
import {resolveOptions} from '../options/resolve.ts';
import {type CommandOption, type OptionValues, UsageError} from './command.ts';

/** The option that names the application's codec. */
export const codecOption: CommandOption = {
	type: 'string',
	value: 'FILE',
	help: "A module whose default export is the application's option `codec`; `json()` if it has none",
};

/** Loads the codec that reads an application's records. */
export const loadCodec = async ({codec: file}: OptionValues): Promise<Codec<Envelope>> => {
	if (typeof file !== 'string') return resolveOptions({}).codec;

	const codec = await load(file);
	try {
		if (codec !== undefined) return resolveOptions({codec: codec as Codec<Envelope>}).codec;
	} catch {
		// Said below, with what is expected of a file.
	}
	throw new UsageError('Expected `--codec` to name a module whose default export is a codec, or a list of them');
};

const load = async (file: string): Promise<unknown> => {
	try {
		const {default: codec}: {readonly default?: unknown} = await import(pathToFileURL(resolve(file)).href);
		return codec;
	} catch (cause) {
		// As Node before 22.18 has of TypeScript.
		throw new Error('Could not load the module that `--codec` names', {cause});
	}
};
