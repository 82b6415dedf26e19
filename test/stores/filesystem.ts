import {FilesystemStore} from '../../source/stores/filesystem.ts';
import {conforms} from '../helpers/stores/conforms.ts';
import {temporaryDirectory} from '../helpers/stores/stores.ts';

const traits = {keeps: true, compareAndSwap: true, prune: true, bySubject: true, keys: true, maxBytes: true};

conforms(async t => new FilesystemStore({directory: await temporaryDirectory(t)}), traits);
