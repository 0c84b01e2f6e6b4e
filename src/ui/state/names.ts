import type { PersonId } from '../../domain/ids';
import type { DirectoryView } from '../../engine/views';
import type { Names } from '../conversation/systemText';

const known = new WeakMap<DirectoryView, Names>();
const nobody: Names = { me: undefined, nameOf: () => undefined };

/** Names by id, built once per version of the directory. */
export function namesOf(directory: DirectoryView | undefined): Names {
  if (!directory) return nobody;
  let names = known.get(directory);
  if (!names) {
    const byId = new Map<PersonId, string>(directory.persons.map((person) => [person.id, person.name]));
    names = { me: directory.persons.find((person) => person.isMe)?.id, nameOf: (person) => byId.get(person) };
    known.set(directory, names);
  }
  return names;
}
