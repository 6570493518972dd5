/** How full something is: a bar with its figure. */
export function Meter({ percent, label }: { readonly percent: number; readonly label: string }) {
  const level = percent >= 100 ? 'failure' : percent >= 80 ? 'warning' : 'good';
  return (
    <span class="meter">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={label}>
        <rect class="rail" width="100" height="8" />
        <rect class={level} width={Math.min(100, Math.max(0, percent))} height="8" />
      </svg>
      <span aria-hidden="true">{percent}%</span>
    </span>
  );
}
