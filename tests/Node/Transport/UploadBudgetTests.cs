using Omega.P2P.Node.Transport;

namespace Omega.P2P.Node.Tests.Transport;

public sealed class UploadBudgetTests
{
    [Fact]
    public void OverTimeNoMoreLeavesThanTheRate()
    {
        var budget = new UploadBudget(1_000_000, nowMs: 0);
        double nowMs = 0;
        long sent = 0;
        while (nowMs < 10_000)
        {
            nowMs += budget.Take(budget.Burst, (long)nowMs).TotalMilliseconds;
            sent += budget.Burst;
        }

        Assert.InRange(sent, 9_800_000, 10_000_000 + (2 * budget.Burst));
    }

    [Fact]
    public void WhatWasNotSentForLongIsNotSavedUp()
    {
        var budget = new UploadBudget(1_000_000, nowMs: 0);
        Assert.Equal(TimeSpan.Zero, budget.Take(budget.Burst, 3_600_000));
        Assert.Equal(0.1, budget.Take(budget.Burst, 3_600_000).TotalSeconds, 3);
    }

    [Fact]
    public void ZeroIsWithoutLimit()
    {
        Assert.Null(UploadBudget.Of(0, 0));
        Assert.NotNull(UploadBudget.Of(1, 0));
    }
}
