"""kill -9 and Ctrl-C in every step that writes: the old state stays, nothing half-written, the next run succeeds."""
import json
import pathlib
import signal
import time

import shop


def leftovers(data):
    return [str(path) for path in pathlib.Path(data).rglob("*") if path.name.startswith(".staging-")]


class Kill(shop.ShopTest):
    def end_in_the_middle(self, number, command, share):
        """Sends the signal after a share of the time that the command takes; gives its exit code, or None if it had
        ended before."""
        process = shop.start(*command, data=self.data)
        shop.wait_until(lambda: process.poll() is not None or self.holds_the_lock(process.pid), "the job began")
        time.sleep(share * self.usual[command[0]])
        ended = process.poll() is not None
        process.send_signal(number)
        _, err = process.communicate(timeout=shop.PATIENCE)
        return None if ended else (process.returncode, err)

    def holds_the_lock(self, pid):
        try:
            return f"process {pid} " in (self.data / "run" / "worker.lock").read_text()
        except OSError:
            return False

    def measure(self, *command):
        begin = time.monotonic()
        out = self.must(*command)
        self.usual = {command[0]: time.monotonic() - begin}
        return out

    def picture(self):
        """What a reader sees: the data, the models, the generation."""
        status = self.status()
        self.assertEqual(status["problems"], [])
        return status["raw"], status["models"], status["generation"]

    def test_killed_generating_leaves_the_old_shop_or_the_new_one(self):
        command = ("generate", "--customers", "600", "--as-of", shop.AS_OF, "--seed", "2")
        self.measure(*command)
        events = "SELECT count(*) AS n, count(DISTINCT customer_id) AS c FROM raw.event_stream"
        whole = json.loads(self.must("sql", "--json", events))
        killed = 0
        for share in (0.1, 0.3, 0.5, 0.7, 0.9):
            killed += self.end_in_the_middle(signal.SIGKILL, command, share) is not None
            self.assertEqual(json.loads(self.must("sql", "--json", events)), whole, share)
            self.assertEqual(self.status()["raw"]["customers"], 600)
        self.assertGreater(killed, 0)
        self.must(*command)
        self.assertEqual(json.loads(self.must("sql", "--json", events)), whole)

    def test_killed_in_the_very_first_generation_the_next_run_succeeds(self):
        self.usual = {"generate": 0.3}
        command = ("generate", "--customers", "600", "--as-of", shop.AS_OF)
        self.end_in_the_middle(signal.SIGKILL, command, 0.5)
        self.must(*command)
        self.assertEqual(self.status()["raw"]["customers"], 600)

    def test_interrupted_generating_exits_130_and_keeps_the_old_shop(self):
        self.copy_shop()
        before = self.picture()
        self.usual = {"generate": 0.5}
        # Large enough not to be done before the signal comes.
        ended = self.end_in_the_middle(signal.SIGINT, ("generate", "--customers", "20000", "--seed", "9"), 1)
        self.assertIsNotNone(ended)
        self.assertEqual(ended[0], 130, ended[1])
        self.assertEqual(self.picture(), before)

    def test_killed_training_leaves_no_version(self):
        self.copy_shop()
        command = ("train", self.small_recipe("ranking"))
        self.measure(*command)  # Version 2.
        before = self.picture()
        killed = 0
        for share in (0.2, 0.6, 0.9):
            if self.end_in_the_middle(signal.SIGKILL, command, share) is None:
                before = self.picture()
                continue
            killed += 1
            if self.picture() != before:  # The kill came after the version was entered.
                before = self.picture()
        self.assertGreater(killed, 0)
        self.must(*command)
        self.assertEqual(leftovers(self.data / "registry"), [])
        self.must("models", "show", "ranking")

    def test_interrupted_training_exits_130_and_the_champion_stays(self):
        self.copy_shop()
        before = self.picture()
        self.usual = {"train": 0.3}
        ended = self.end_in_the_middle(signal.SIGINT, ("train",), 1)
        self.assertIsNotNone(ended)
        self.assertEqual(ended[0], 130, ended[1])
        self.assertEqual(self.picture(), before)
        self.assertEqual(leftovers(self.data / "registry"), [])

    def test_killed_publishing_or_in_a_pass_the_old_generation_is_served(self):
        self.copy_shop()
        for command in (("publish",), ("worker",)):
            self.measure(*command)
            generation = self.status()["generation"]["generation"]
            killed = 0
            with self.serving() as server:
                for share in (0.2, 0.5, 0.8):
                    killed += self.end_in_the_middle(signal.SIGKILL, command, share) is not None
                    answer = self.answer(server)
                    self.assertGreaterEqual(answer["generation"], generation)
                    self.assertEqual(answer["degraded"], [])
                self.must(*command)
                newest = self.status()["generation"]["generation"]
                self.assertGreater(newest, generation)
                shop.wait_until(lambda: self.answer(server)["generation"] == newest, "the new one is served", 30)
            self.assertGreater(killed, 0)
            self.assertEqual(leftovers(self.data / "serving"), [])


if __name__ == "__main__":
    shop.main()
