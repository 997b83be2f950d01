//! A game without a presenter of its own is played through the shapes of its answers.

mod world;

use discord_adapter::terminal::Settings;
use world::{Season, play};

#[test]
fn a_session_reads_well() {
    let season = Season::open("harbour");
    let shown = play(
        &season,
        Settings::default(),
        "
# two people meet
/settle
!DUPLICATE_PLAYER /settle
/as bob
!NOT_JOINED /purse
/settle
/as alice
/give to:@bob gold:5
!INVALID_DISCORD_ID /give to:@carol gold:5
!INVALID_OPTION /give to:@bob gold:5000
!INVALID_OPTION /give to:@bob glod:5
!UNKNOWN_COMMAND /gvie to:@bob gold:5
!INVALID_OPTION /give to:@bob
!INVALID_LINE give to:@bob
!INVALID_LINE /give bob
!INVALID_LINE /give to:\"@bob
!NO_BUTTON 7
/sail gold:50
wait 2h
/purse
1
/help
/help topic:give
/help topic:sial
",
    );
    insta::assert_snapshot!(shown);
}
