import {msgpack} from '../../source/codecs/msgpack.ts';
import type {Envelope} from '../../source/testing/index.ts';
import {codecConforms} from '../helpers/codec-conforms.ts';

codecConforms(() => msgpack<Envelope>());
