export function TracesView() {
  return <p>TracesView </p>;
}

