"""kill -9 and Ctrl-C in every step that writes: the old state stays, nothing half-written, the next run succeeds."""
import json
import pathlib
import shutil
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
        # That a job was ended is said, and nothing else is wrong.
        self.assertEqual(len(status["problems"]), len(status["failed_jobs"]), status["problems"])
        return status["raw"], status["models"], status["generation"]

    @staticmethod
    def versions(picture):
        return sum(model["versions"] for model in picture[1])

    def test_killed_generating_leaves_the_old_shop_or_the_new_one(self):
        # One number of every table, so that a mixture of two shops is neither of them.
        tables = "(SELECT sum(hash(t)) FROM raw.{0} AS t) AS {0}"
        contents = "SELECT " + ", ".join(tables.format(name) for name in (
            "event_stream", "customers", "product_catalog", "inventory", "price_history", "customer_history"))

        def command(seed):
            return ("generate", "--customers", "600", "--as-of", shop.AS_OF, "--seed", seed)

        def shop_there():
            return json.loads(self.must("sql", "--json", contents))

        whole = {}
        for seed in (2, 3):
            self.measure(*command(str(seed)))
            whole[seed] = shop_there()
        self.assertNotEqual(whole[2], whole[3])
        killed = 0
        for share in (0.1, 0.3, 0.5, 0.7, 0.9):
            other = 2 if shop_there() == whole[3] else 3
            killed += self.end_in_the_middle(signal.SIGKILL, command(str(other)), share) is not None
            there = shop_there()
            self.assertIn(there, whole.values(), share)
            # about.json follows the commit, and a kill may come between: the next job mends it.
            self.must("refresh")
            self.assertEqual(whole[self.status()["raw"]["seed"]], there, share)
        self.assertGreater(killed, 0)
        self.must(*command("2"))
        self.assertEqual(shop_there(), whole[2])

    def test_killed_in_the_very_first_generation_the_next_run_succeeds(self):
        self.usual = {"generate": 0.3}
        # The first is too large to be done before the signal comes.
        self.assertIsNotNone(self.end_in_the_middle(signal.SIGKILL, ("generate", "--customers", "20000"), 1))
        self.assertIsNone(self.status()["raw"])
        command = ("generate", "--customers", "600", "--as-of", shop.AS_OF)
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
            killed += self.end_in_the_middle(signal.SIGKILL, command, share) is not None
            after = self.picture()
            # Nothing, or one whole version more, where the kill came after it was entered.
            self.assertIn(self.versions(after) - self.versions(before), (0, 1))
            self.assertEqual((after[0], after[2]), (before[0], before[2]))
            before = after
        self.assertGreater(killed, 0)
        self.must(*command)
        self.assertEqual(leftovers(self.data / "registry"), [])
        self.must("models", "show", "ranking")

    def endless_recipe(self, model):
        """Trains for many times as long as it takes to interrupt it, on any machine."""
        path = pathlib.Path(self.small_recipe(model))
        path.write_text(path.read_text().replace("rounds = 12", "rounds = 5000"))
        return str(path)

    def test_interrupted_training_exits_130_and_the_champion_stays(self):
        self.copy_shop()
        before = self.picture()
        self.usual = {"train": 0.3}
        ended = self.end_in_the_middle(signal.SIGINT, ("train", self.endless_recipe("propensity")), 1)
        self.assertIsNotNone(ended)
        self.assertEqual(ended[0], 130, ended[1])
        self.assertEqual(self.picture(), before)
        self.assertEqual(leftovers(self.data / "registry"), [])

    def test_interrupted_in_its_second_recipe_the_first_is_whole_and_named(self):
        self.copy_shop()
        before = self.picture()
        process = shop.start("train", self.small_recipe("propensity"), self.endless_recipe("ranking"), data=self.data)
        aliases = self.data / "registry" / "propensity" / "aliases.json"
        shop.wait_until(lambda: process.poll() is not None or json.loads(aliases.read_text())["champion"] == 2,
                        "the first was entered")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=shop.PATIENCE)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn("entered before it, and kept: propensity/2", err)
        after = self.picture()
        champions = {model["model"]: model["champion"] for model in after[1]}
        self.assertEqual((champions, self.versions(after)), ({"propensity": 2, "ranking": 1}, self.versions(before) + 1))
        self.assertEqual((after[0], after[2]), (before[0], before[2]))
        self.assertEqual(leftovers(self.data / "registry"), [])

    def test_interrupted_summing_up_scoring_publishing_or_in_a_pass_keeps_what_was(self):
        self.copy_shop()
        for command in (("refresh",), ("score",), ("publish",), ("worker",)):
            self.must("refresh")  # What it makes is as old as what it may be interrupted in.
            self.measure(*command)
            before = self.picture()
            states = self.made()
            interrupted = 0
            for share in (0.3, 0.6):
                ended = self.end_in_the_middle(signal.SIGINT, command, share)
                if ended is None or ended[0] == 0:  # It was done before it could see the signal.
                    before, states = self.picture(), self.made()
                    continue
                interrupted += 1
                self.assertEqual(ended[0], 130, (command, ended[1]))
                self.assertIn("interrupted", ended[1])
                self.assertEqual(self.picture()[2], before[2], command)
                if command != ("worker",):  # A pass is several steps, of which the first may have been whole.
                    self.assertEqual(self.made(), states, command)
            self.assertGreater(interrupted, 0, command)
            self.must(*command)

    def made(self):
        """When each table that this program derives was made, as the warehouse itself has it."""
        return self.must("sql", "--json", "SELECT table_name, max(finished_at) AS t FROM gold.refresh_history "
                         "GROUP BY ALL ORDER BY ALL"), self.must("sql", "--json", "SELECT count(*) AS n, "
                         "sum(hash(p)) AS h FROM gold.customer_propensity AS p")

    def test_an_import_that_is_ended_leaves_nothing_of_itself(self):
        files = self.folder / "files"
        shutil.copytree(shop.ROOT / "config/mappings/corner_shop", files)
        with (files / "orders.csv").open("a") as orders:
            orders.writelines(f"B{i};1;2025-01-11 18:30:00;anton;soap;1;2.00;n/a\n" for i in range(200_000))
        command = ("import", str(files / "mapping.toml"))
        events = "SELECT count(*) AS n FROM raw.event_stream"
        self.must("init")
        self.measure(*command)
        whole = json.loads(self.must("sql", "--json", events))
        (self.data / "warehouse.duckdb").unlink()
        for number, exit_code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
            ended = 0
            for share in (0.2, 0.5):
                self.must("init")
                result = self.end_in_the_middle(number, command, share)
                if result is None:
                    (self.data / "warehouse.duckdb").unlink()
                    continue
                ended += 1
                self.assertEqual(result[0], exit_code, result[1])
                self.assertEqual(json.loads(self.must("sql", "--json", events)), {"n": 0})
                self.assertIsNone(self.status()["raw"])
            self.assertGreater(ended, 0, number)
        self.must(*command)
        self.assertEqual(json.loads(self.must("sql", "--json", events)), whole)

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
