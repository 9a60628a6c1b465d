export function BottlenecksView() {
  return <p>BottlenecksView </p>;
}

