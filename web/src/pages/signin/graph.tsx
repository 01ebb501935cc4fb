/** A line on squared paper beside the form: chalk, a slope, and where it rises. */

const SQUARE = 42;
const WIDTH = 740;
const HEIGHT = 800;

function paper(): string {
  let lines = "";
  for (let x = 10; x < WIDTH + SQUARE; x += SQUARE) lines += `M${x} 0V${HEIGHT}`;
  for (let y = 22; y < HEIGHT; y += SQUARE) lines += `M0 ${y}H${WIDTH}`;
  return lines;
}

export function Graph() {
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="xMidYMid slice" fill="none" stroke="currentColor" stroke-linecap="round">
      <path d={paper()} opacity="0.1" />
      <path d="M94 686C260 684 470 688 676 685M136 724C135 520 138 300 135 96m529 580 14 9-14 9M126 110l9-16 9 16" stroke-width="3" />
      <path d="M94 706C220 590 350 462 470 352S600 232 648 186" stroke="#F2B134" stroke-width="5" />
      <path d="M262 551C330 552 400 550 466 551V358" stroke-width="4" stroke-dasharray="2 12" />
      <g fill="#0B3B46" stroke-width="4">
        <circle cx="262" cy="550" r="9" />
        <circle cx="467" cy="355" r="9" />
      </g>
    </svg>
  );
}
