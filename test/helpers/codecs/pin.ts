/** `node pin.ts`: writes a record of each codec as this version does, for all later versions to read. Once for each version. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {open} from '../../../source/codec.ts';
import {context, pinnedCodecs} from './pinned-codecs.ts';

const root = join(import.meta.dirname, '../../..');
const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const records = Object.entries(pinnedCodecs).map(([name, {codec, session}]) => {
	const stored = open(codec, undefined, context).close(session);
	return [name, Buffer.from(stored ?? []).toString('base64')];
});

// `wx`: what a version wrote is never replaced.
const path = join(root, `test/fixtures/codecs/${version}.json`);
writeFileSync(path, `${JSON.stringify(Object.fromEntries(records), undefined, '\t')}\n`, {flag: 'wx'});
