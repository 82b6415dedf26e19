import {json} from '../../source/codecs/json.ts';
import {codecConforms} from '../helpers/codec-conforms.ts';

codecConforms(json);
