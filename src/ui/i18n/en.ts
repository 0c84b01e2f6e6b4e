import type { Messages } from './de';
import { board } from './en/board';
import { common } from './en/common';
import { conversation } from './en/conversation';
import { group } from './en/group';
import { list } from './en/list';
import { me } from './en/me';
import { pwa } from './en/pwa';
import { search } from './en/search';
import { setup } from './en/setup';
import { shell } from './en/shell';
import { succession } from './en/succession';

export const en: Messages = {
  common,
  shell,
  list,
  conversation,
  setup,
  me,
  group,
  search,
  board,
  pwa,
  succession,
};
