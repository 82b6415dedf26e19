import {isCodecName} from '../codecs.ts';
import {formToken} from '../form.ts';
import {codecPage} from '../pages/codec.ts';
import {keysPage} from '../pages/keys.ts';
import {seeOther} from '../show.ts';
import type {AddRoutes} from './options.ts';

/** Changing keys and the codec. Everybody may try it here. Your application would allow only its operators to do that. */
export const addKeyRoutes: AddRoutes = (router, show, {signingKeys, encryptionKeys, codecs, switchCodec}) => {
	router.get('/keys', ctx =>
		show(
			ctx,
			'Keys',
			keysPage({
				signing: signingKeys.keys,
				encryption: encryptionKeys.keys,
				codec: codecs.newest,
				token: formToken(ctx.session),
			}),
		),
	);

	router.post('/keys/rotate', ctx => {
		const kind = ctx.state.form.get('kind');
		if (kind === 'signing') signingKeys.rotate();
		else if (kind === 'encryption') encryptionKeys.rotate();
		else ctx.throw(422);
		seeOther(ctx, '/keys');
	});

	router.get('/codec', ctx => show(ctx, 'Codec', codecPage(codecs, formToken(ctx.session))));

	router.post('/codec/switch', ctx => {
		const wanted = ctx.state.form.get('to');
		if (!isCodecName(wanted)) return ctx.throw(422);
		// Another tab may have switched already.
		if (wanted !== codecs.newest && !codecs.isFull) switchCodec(wanted);
		seeOther(ctx, '/codec');
	});
};
