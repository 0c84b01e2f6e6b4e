/** German, the first language of the screen: Sie-form, short sentences, no technical terms. One file per area. */
import { board } from './de/board';
import { common } from './de/common';
import { conversation } from './de/conversation';
import { group } from './de/group';
import { list } from './de/list';
import { me } from './de/me';
import { pwa } from './de/pwa';
import { search } from './de/search';
import { setup } from './de/setup';
import { shell } from './de/shell';
import { succession } from './de/succession';

export const de = { common, shell, list, conversation, setup, me, group, search, board, pwa, succession };
/** What every language has to say: a missing message or another parameter does not compile. */
export type Messages = typeof de;
