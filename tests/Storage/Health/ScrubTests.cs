namespace Omega.P2P.Storage.Tests.Health;

public sealed class ScrubTests
{
    [Fact]
    public void FlippedByteIsFoundAndWantsRepair()
    {
        using var test = new TestStore();
        test.Put(TestStore.Bytes(1, 300_000));
        test.Put(TestStore.Bytes(2, 300_000));
        test.Files.Flip(BlockFile(test), 5);

        RunAll(test, 100);

        var repair = Assert.Single(test.Store.Scrub.Repairs);
        Assert.Equal("block-damaged", repair.Code);
        Assert.Equal("idle", test.Store.Scrub.State);
        Assert.Equal(1, test.Store.Scrub.Passes);
        test.Reopen();
        Assert.Equal([repair], test.Store.Scrub.Repairs);
    }

    [Fact]
    public void PausedPassGoesOnAfterARestartWhereItWas()
    {
        using var test = new TestStore();
        for (var i = 0; i < 8; i++)
        {
            test.Put(TestStore.Bytes(i, 200_000));
        }

        test.Store.StartScrub(null, TestStore.Now(10));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(test.Store.WorkScrub(TestStore.Now(20 + i)));
        }

        test.Store.PauseScrub();
        var done = test.Store.Scrub.BytesDone;
        Assert.False(test.Store.WorkScrub(TestStore.Now(30)));
        test.Crash();

        Assert.Equal("paused", test.Store.Scrub.State);
        Assert.Equal(done, test.Store.Scrub.BytesDone);
        test.Store.ResumeScrub(TestStore.Now(40));
        var steps = 0;
        while (test.Store.WorkScrub(TestStore.Now(50 + steps)))
        {
            steps++;
        }

        Assert.Equal(5, steps);
        Assert.Equal(test.Store.Stats.BlockBytes, test.Store.Scrub.BytesDone);
    }

    [Fact]
    public void RateHoldsItBack()
    {
        using var test = new TestStore();
        for (var i = 0; i < 4; i++)
        {
            test.Put(TestStore.Bytes(i, 100_000));
        }

        test.Store.StartScrub(50_000, TestStore.Now(10));
        for (var i = 0; i < 200; i++)
        {
            Assert.True(test.Store.WorkScrub(TestStore.Now(11)));
        }

        Assert.True(test.Store.Scrub.BytesDone < 250_000, $"{test.Store.Scrub.BytesDone}");
    }

    [Fact]
    public void PassesDifferInTheirOrder()
    {
        using var test = new TestStore();
        for (var i = 0; i < 12; i++)
        {
            test.Put(TestStore.Bytes(i, 100_000 + i * 1000));
        }

        Assert.NotEqual(OrderOfAPass(test, 100), OrderOfAPass(test, 1000));
    }

    [Fact]
    public void DamagedStateBeginsAnew()
    {
        using var test = new TestStore();
        test.Put(TestStore.Bytes(1, 100_000));
        test.Store.StartScrub(null, TestStore.Now(10));
        var name = Assert.Single(test.Files.List("health"));
        test.Files.Flip($"health/{name}", 20);
        test.Reopen();

        Assert.Equal("idle", test.Store.Scrub.State);
        RunAll(test, 100);
        Assert.Equal(1, test.Store.Scrub.Passes);
    }

    private static string BlockFile(TestStore test) =>
        test.Files.List("blocks/sealed").SelectMany(folder => test.Files.List($"blocks/sealed/{folder}")
            .Select(name => $"blocks/sealed/{folder}/{name}"))
            .First(path => path.EndsWith(".blk", StringComparison.Ordinal));

    private static List<long> OrderOfAPass(TestStore test, long from)
    {
        var order = new List<long>();
        test.Store.StartScrub(null, TestStore.Now(from));
        long last = 0;
        for (var i = 1; test.Store.WorkScrub(TestStore.Now(from + i)); i++)
        {
            order.Add(test.Store.Scrub.BytesDone - last);
            last = test.Store.Scrub.BytesDone;
        }

        return order;
    }

    private static void RunAll(TestStore test, long from)
    {
        test.Store.StartScrub(null, TestStore.Now(from));
        for (var i = 1; test.Store.WorkScrub(TestStore.Now(from + i)); i++)
        {
            Assert.True(i < 1000, "the pass does not end");
        }
    }
}
