/** Plans that once went wrong, as few deeds as it took: each is a test of what mended it. */
import type { AnyPlan } from './families';

export interface Found {
  /** What holds now. */
  readonly name: string;
  readonly plan: AnyPlan;
}

export const FOUND: readonly Found[] = [
  {
    name: 'a title and a snapshot in one envelope are no fork',
    plan: {
      seed: 14,
      size: 4,
      store: 'sqlite',
      hasSlowVaults: true,
      slowness: 300,
      deeds: [
        { at: 6459, deed: 'board', a: 1340698037, b: 2796876880, c: 350080452 },
        { at: 7207, deed: 'full-disk', a: 1811862451, b: 1725372442, c: 329971454 },
        { at: 10584, deed: 'group', a: 2493505765, b: 3085249554, c: 1486679339 },
        { at: 10691, deed: 'block', a: 1433095240, b: 2749221423, c: 2254133430 },
        { at: 15415, deed: 'board', a: 4179443983, b: 3306239690, c: 4211086435 },
        { at: 15493, deed: 'title', a: 4052525716, b: 127519, c: 3487425508 },
      ],
    },
  },
  {
    name: 'a guest who asks before the door is open is let in all the same',
    plan: {
      seed: 14,
      size: 4,
      store: 'sqlite',
      hasSlowVaults: true,
      slowness: 300,
      deeds: [
        { at: 7207, deed: 'full-disk', a: 1811862451, b: 1725372442, c: 329971454 },
        { at: 10584, deed: 'group', a: 2493505765, b: 3085249554, c: 1486679339 },
        { at: 10691, deed: 'block', a: 1433095240, b: 2749221423, c: 2254133430 },
        { at: 12910, deed: 'cut', a: 971279000, b: 3665692227, c: 1242720300 },
        { at: 51352, deed: 'write', a: 208860557, b: 1475184290, c: 276644338 },
        { at: 54881, deed: 'board', a: 2569242478, b: 2956870753, c: 4165790379 },
        { at: 55660, deed: 'write', a: 4277360819, b: 3048377208, c: 2523743601 },
        { at: 55732, deed: 'board', a: 1186604450, b: 4149051445, c: 2444121203 },
        { at: 57421, deed: 'board', a: 463094602, b: 3712440364, c: 1688587778 },
        { at: 57425, deed: 'silence', a: 2486871661, b: 4120034344, c: 3853697236 },
        { at: 57458, deed: 'write', a: 20940718, b: 2999780669, c: 2818702929 },
        { at: 61688, deed: 'cut', a: 1272562788, b: 4230597561, c: 2959134356 },
        { at: 64278, deed: 'read', a: 134684413, b: 1119793711, c: 3071186299 },
        { at: 64345, deed: 'cut', a: 1194453753, b: 412183898, c: 1742461783 },
        { at: 84282, deed: 'crash', a: 27582636, b: 426000153, c: 1147031473 },
        { at: 84298, deed: 'steal', a: 2665218036, b: 1073143748, c: 4210028064 },
        { at: 84369, deed: 'write', a: 447531232, b: 1668201084, c: 3195707580 },
        { at: 88182, deed: 'write', a: 249684659, b: 773965083, c: 1882735771 },
        { at: 88223, deed: 'group', a: 1616180202, b: 1265245642, c: 3009210001 },
        { at: 88234, deed: 'write', a: 4053506544, b: 824039424, c: 2024501659 },
        { at: 88285, deed: 'offline', a: 3524328548, b: 555757012, c: 4032244120 },
        { at: 88999, deed: 'leave', a: 2510445638, b: 270091454, c: 63691277 },
        { at: 90884, deed: 'crash', a: 3618814690, b: 1854039854, c: 4266240414 },
        { at: 92129, deed: 'join', a: 1288595765, b: 599525964, c: 326347715 },
        { at: 94327, deed: 'silence', a: 3189536003, b: 2228400796, c: 3176212179 },
        { at: 94380, deed: 'write', a: 4203555339, b: 1879507398, c: 1524379982 },
      ],
    },
  },
  {
    name: 'a disk that has room again is no problem any more',
    plan: {
      seed: 28,
      size: 4,
      store: 'memory',
      hasSlowVaults: true,
      slowness: 300,
      deeds: [
        { at: 1664, deed: 'cut', a: 342224674, b: 3997774379, c: 4055151205 },
        { at: 1713, deed: 'write', a: 1795708604, b: 1400998280, c: 1006838355 },
        { at: 3626, deed: 'write', a: 2348681654, b: 239968962, c: 1567792611 },
        { at: 21802, deed: 'direct', a: 1052169453, b: 3687013830, c: 2716689884 },
        { at: 23161, deed: 'group', a: 220047832, b: 72922907, c: 1258987982 },
        { at: 25589, deed: 'join', a: 1450860525, b: 2730344951, c: 2370261204 },
        { at: 25619, deed: 'full-relay', a: 1933285070, b: 2122919241, c: 1938544312 },
        { at: 59229, deed: 'silence', a: 475788932, b: 1710205520, c: 4225677608 },
        { at: 59241, deed: 'leave', a: 497955898, b: 3832973953, c: 1424126475 },
        { at: 59277, deed: 'board', a: 248496917, b: 1819778487, c: 3609292834 },
        { at: 91328, deed: 'title', a: 2442143677, b: 2429982316, c: 679515529 },
        { at: 94705, deed: 'title', a: 752680005, b: 4009730337, c: 986723153 },
        { at: 94776, deed: 'title', a: 3572109628, b: 560136214, c: 1461542415 },
        { at: 95020, deed: 'crash', a: 3288211448, b: 1442850461, c: 3767456949 },
        { at: 95096, deed: 'write', a: 2699181354, b: 573434912, c: 2626297084 },
        { at: 95124, deed: 'full-disk', a: 1333567769, b: 559882614, c: 1928155276 },
        { at: 96193, deed: 'add', a: 27729588, b: 884486204, c: 1954058408 },
        { at: 97733, deed: 'crash', a: 2529134070, b: 3221576793, c: 721671599 },
      ],
    },
  },
  {
    name: 'a conversation begun by a wrong clock goes on when it is set',
    plan: {
      seed: 55,
      size: 3,
      store: 'memory',
      hasSlowVaults: false,
      slowness: 300,
      deeds: [
        { at: 114, deed: 'clock', a: 1506381528, b: 1843851495, c: 1119062065 },
        { at: 38330, deed: 'direct', a: 2316686760, b: 1285398203, c: 1018314367 },
        { at: 41942, deed: 'write', a: 3081387016, b: 917256280, c: 1516180842 },
      ],
    },
  },
  {
    name: 'a newcomer with a wrong clock is let in when it is set',
    plan: {
      seed: 38,
      size: 5,
      store: 'sqlite',
      hasSlowVaults: true,
      slowness: 300,
      deeds: [
        { at: 82, deed: 'kill-relay', a: 4056739456, b: 455936815, c: 807308975 },
        { at: 592, deed: 'direct', a: 2094283047, b: 2177820068, c: 784000206 },
        { at: 611, deed: 'join', a: 1468410933, b: 4216741413, c: 395915100 },
        { at: 4584, deed: 'clock', a: 2661301454, b: 1304492083, c: 4057720916 },
        { at: 82949, deed: 'write', a: 3334189192, b: 2995609803, c: 4140240047 },
      ],
    },
  },
  {
    name: 'a relay that had no time for a new log is asked again',
    plan: {
      seed: 10_010,
      size: 5,
      store: 'memory',
      hasSlowVaults: true,
      slowness: 40,
      deeds: [
        { at: 9, deed: 'join', a: 3430065685, b: 3528243176, c: 3715518827 },
        { at: 60, deed: 'join', a: 3002234217, b: 2810222482, c: 2247866472 },
        { at: 11469, deed: 'bad-answer', a: 2006487026, b: 851104547, c: 323671493 },
        { at: 20389, deed: 'group', a: 421545257, b: 1162966068, c: 1286662244 },
      ],
    },
  },
  {
    name: 'a request dated five years ahead is made anew when the clock is set',
    plan: {
      seed: 10_011,
      size: 5,
      store: 'memory',
      hasSlowVaults: false,
      slowness: 5,
      deeds: [
        { at: 7869, deed: 'lost-mail', a: 2109225293, b: 3825471931, c: 4031288329 },
        { at: 27388, deed: 'clock', a: 3736420998, b: 1577097483, c: 612034882 },
        { at: 71720, deed: 'write', a: 82750245, b: 2188071144, c: 2060113350 },
      ],
    },
  },
  {
    name: 'a full disk on meeting an empty relay is no reason to stay behind',
    plan: {
      seed: 10_022,
      size: 4,
      store: 'memory',
      hasSlowVaults: false,
      slowness: 300,
      deeds: [
        { at: 18381, deed: 'lose-relay', a: 3987331167, b: 1587039607, c: 1364557926 },
        { at: 20177, deed: 'full-disk', a: 2470498817, b: 3313064713, c: 4146110589 },
      ],
    },
  },
  {
    name: 'a pair goes on where the directory has come from further back than its first claim',
    plan: {
      seed: 10_030,
      size: 5,
      store: 'memory',
      hasSlowVaults: false,
      slowness: 40,
      deeds: [
        { at: 12624, deed: 'leave', a: 1689727595, b: 595188816, c: 2578026633 },
        { at: 13985, deed: 'lose-relay', a: 2189339369, b: 1645661436, c: 1470484441 },
      ],
    },
  },
  {
    name: 'who had left a group when the relay was lost does not wait for its successor',
    plan: {
      seed: 10_084,
      size: 4,
      store: 'memory',
      hasSlowVaults: false,
      slowness: 40,
      deeds: [
        { at: 68995, deed: 'leave', a: 628608321, b: 160772240, c: 2489290496 },
        { at: 69148, deed: 'lose-relay', a: 1908179485, b: 1133218615, c: 2131464844 },
      ],
    },
  },
  {
    name: 'a suspicion from before the clock was set back ends all the same',
    plan: {
      seed: 10_085,
      size: 3,
      store: 'memory',
      hasSlowVaults: false,
      slowness: 40,
      deeds: [
        { at: 39114, deed: 'cut', a: 3896183707, b: 2475759295, c: 1076239166 },
        { at: 40627, deed: 'clock', a: 3193622662, b: 1638094751, c: 1502763584 },
        { at: 40723, deed: 'write', a: 2389219084, b: 3739429860, c: 2853253228 },
        { at: 48995, deed: 'rollback', a: 1779290914, b: 934971010, c: 791048800 },
      ],
    },
  },
  {
    name: 'who forgot the successor of its own conversation is taken into it again',
    plan: {
      seed: 10_092,
      size: 3,
      store: 'memory',
      hasSlowVaults: true,
      slowness: 300,
      deeds: [
        { at: 18033, deed: 'lose-relay', a: 3719410377, b: 765514639, c: 843013571 },
        { at: 34988, deed: 'rollback', a: 1057745599, b: 3003190146, c: 2055601655 },
      ],
    },
  },
  {
    name: 'a second request to be taken back is made when the first may have come too soon',
    plan: {
      seed: 10_294,
      size: 3,
      store: 'sqlite',
      hasSlowVaults: false,
      slowness: 40,
      deeds: [
        { at: 10490, deed: 'rollback', a: 609984489, b: 2018937358, c: 2961220749 },
        { at: 58169, deed: 'title', a: 1031045022, b: 3905209007, c: 1350334233 },
        { at: 59838, deed: 'join', a: 3189672062, b: 2170323777, c: 4033267705 },
        { at: 59917, deed: 'direct', a: 4010453229, b: 3027806843, c: 1918642775 },
        { at: 103230, deed: 'rollback', a: 1394839792, b: 2105995199, c: 3192104157 },
        { at: 139097, deed: 'add', a: 3445996644, b: 2612940898, c: 3661453691 },
      ],
    },
  },
  {
    name: 'a key package that a wrong clock had dated does for the next town',
    plan: {
      seed: 10_019,
      size: 5,
      store: 'sqlite',
      hasSlowVaults: false,
      slowness: 40,
      deeds: [
        { at: 46848, deed: 'clock', a: 1391693958, b: 2593425147, c: 229236583 },
        { at: 74037, deed: 'lose-relay', a: 2960955675, b: 2420359109, c: 1074713534 },
      ],
    },
  },
  {
    name: 'a Welcome read before the way back into the town is into what one’s own conversation goes on in',
    plan: {
      seed: 10_100,
      size: 3,
      store: 'memory',
      hasSlowVaults: false,
      slowness: 40,
      deeds: [
        { at: 16559, deed: 'lose-relay', a: 3959508272, b: 1716839875, c: 2444784682 },
        { at: 38523, deed: 'kill-relay', a: 1022603565, b: 3713511567, c: 947859865 },
        { at: 70984, deed: 'rollback', a: 4290981492, b: 1170155473, c: 3970948741 },
      ],
    },
  },
  {
    name: 'a pair’s conversation goes on for the one of them who had not heard of it',
    plan: {
      seed: 10_102,
      size: 3,
      store: 'sqlite',
      hasSlowVaults: false,
      slowness: 300,
      deeds: [
        { at: 5697, deed: 'write', a: 3309709486, b: 490692665, c: 3202941975 },
        { at: 8296, deed: 'write', a: 2072339189, b: 4213295801, c: 4129909664 },
        { at: 42648, deed: 'board', a: 1967439228, b: 907496013, c: 3964362773 },
        { at: 42909, deed: 'direct', a: 2335701420, b: 2848490729, c: 3220409508 },
        { at: 42986, deed: 'direct', a: 3590581282, b: 3225162758, c: 3906990358 },
        { at: 43045, deed: 'steal', a: 1776909300, b: 3336086947, c: 2363059292 },
        { at: 43107, deed: 'rename', a: 2181956327, b: 1116037964, c: 3216005469 },
        { at: 45858, deed: 'lose-relay', a: 3420099206, b: 3617851347, c: 2692871813 },
      ],
    },
  },
];
