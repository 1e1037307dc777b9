using System.Collections.Concurrent;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage.Tests.Ingest;

public sealed class PutQueueTests
{
    private const int Writers = 24;
    private const int PutsOfEach = 400;

    [Fact]
    public void EachPutIsAdmittedOnceByOneOfTwoLeadersAtATime()
    {
        var admitted = new ConcurrentDictionary<WaitingPut, int>();
        var (underWay, most, largest) = (0, 0, 0);
        var gate = new Lock();
        var queue = new PutQueue(group =>
        {
            lock (gate)
            {
                most = Math.Max(most, ++underWay);
                largest = Math.Max(largest, group.Count);
            }

            foreach (var put in group)
            {
                admitted.AddOrUpdate(put, 1, (_, count) => count + 1);
            }

            lock (gate) underWay--;
        });

        RunWriters((writer, number) => Assert.False(queue.Admit(PutOf(writer, number))));

        Assert.Equal(Writers * PutsOfEach, admitted.Count);
        Assert.All(admitted.Values, count => Assert.Equal(1, count));
        Assert.InRange(most, 1, 2);
        Assert.InRange(largest, 1, AttestationBatch.CountMax);
    }

    [Fact]
    public void WhatFailsReachesEachPutOfItsGroupAndTheQueueGoesOn()
    {
        var failures = 0;
        var calls = 0;
        var queue = new PutQueue(_ =>
        {
            if (Interlocked.Increment(ref calls) % 3 == 0) throw new IOException("the disk is gone");
        });

        RunWriters((writer, number) =>
        {
            try
            {
                queue.Admit(PutOf(writer, number));
            }
            catch (IOException)
            {
                Interlocked.Increment(ref failures);
            }
        });

        Assert.InRange(failures, calls / 3, Writers * PutsOfEach - 1);
    }

    private static void RunWriters(Action<int, int> put)
    {
        var thrown = new ConcurrentQueue<Exception>();
        var threads = Enumerable.Range(0, Writers).Select(writer => new Thread(() =>
        {
            try
            {
                for (var number = 0; number < PutsOfEach; number++) put(writer, number);
            }
            catch (Exception failure)
            {
                thrown.Enqueue(failure);
            }
        })
        { IsBackground = true }).ToList();
        threads.ForEach(thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromMinutes(1)), "a put never returned"));
        Assert.Empty(thrown);
    }

    private static WaitingPut PutOf(int writer, int number)
    {
        var descriptor = Descriptor.Create(ContentId.Of([1]), writer * 1_000_000L + number, "test");
        var item = new BatchItem(new PutRequest { Type = "test", Brane = "test" }, null!, descriptor); // Not looked at.
        return new WaitingPut(item, [], Attest, new Instant(1, 1));
    }

    private static IReadOnlyList<Attestation> Attest(IReadOnlyList<Descriptor> descriptors) => [];
}
